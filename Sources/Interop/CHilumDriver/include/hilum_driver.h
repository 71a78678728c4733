/*
 * hilum_driver.h: the boundary between the gateway and a driver module.
 *
 * C99, fixed-width integers, (pointer, length) pairs, text in UTF-8. A module is a shared library with one exported
 * symbol, hilum_driver_entry. The host loads it in a child process and never unloads it.
 *
 * There are two kinds of driver. A *stream* driver is a protocol as a state machine, described next. A *service* driver
 * owns a network service that a library already implements (DICOM); see hilum_service below.
 *
 * A stream driver is a pure state machine: bytes and time in, events out. It does no I/O, reads no clock, starts no thread and
 * keeps no state outside its instances. The same calls give the same events: the host relies on it when it replays a
 * journal after a crash.
 *
 * Order of calls on one instance: open, then any of receive / timeout / submit / finish, and after EACH (open too) poll
 * until it returns 0; close at the end. Calls on one instance never overlap; an instance belongs to one link (one TCP
 * connection, one serial line from open to close, one file).
 *
 * What the host promises
 *   - An event TRANSMIT without HILUM_TRANSMIT_IMMEDIATE is put on the wire only after every byte received before it and
 *     every MESSAGE polled before it are durable. A driver therefore just emits MESSAGE, then TRANSMIT (the answer).
 *   - Events take effect in the order in which they were polled.
 *   - If what precedes a TRANSMIT cannot be made durable, it is never sent, and the link is closed.
 *   - timeout is called at or after the time of the last DEADLINE event; a later DEADLINE replaces an earlier one.
 *   - monotonic_us never goes backwards on one instance; unix_us may jump.
 */
#ifndef HILUM_DRIVER_H
#define HILUM_DRIVER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HILUM_DRIVER_ABI_VERSION 1u

/* Bytes that belong to whoever handed them over, valid until the call returns (arguments) or until the next call on the
 * same instance (event and error bytes). bytes may be NULL when count is 0. */
typedef struct hilum_bytes {
    const uint8_t *bytes;
    size_t count;
} hilum_bytes;

/* Time is an argument. */
typedef struct hilum_time {
    int64_t monotonic_us;  /* for deadlines: microseconds, arbitrary origin, never backwards */
    int64_t unix_us;       /* wall clock: microseconds since 1970-01-01T00:00:00Z, for time stamps in answers */
    int32_t utc_offset_s;  /* the site's zone at that instant: seconds east of UTC */
    int32_t reserved;
} hilum_time;

/* Results of calls. */
#define HILUM_OK 0
#define HILUM_INVALID_OPTIONS 1 /* open: the options cannot be used; error says which and what to write instead */
#define HILUM_UNSUPPORTED 2     /* submit: this driver or device takes no orders */
#define HILUM_REFUSED 3         /* submit: the order cannot be expressed; a FAULT event says why */

/* Kinds of event. */
#define HILUM_EVENT_TRANSMIT 1    /* bytes: put on the wire */
#define HILUM_EVENT_MESSAGE 2     /* bytes: a device message, see "Device message" below */
#define HILUM_EVENT_QUERY 3       /* bytes: a device message of kind query: the device asks for orders; answer by submit */
#define HILUM_EVENT_DEADLINE 4    /* deadline_us: call timeout then; negative: no deadline any more */
#define HILUM_EVENT_FAULT 5       /* bytes: text for people: what is wrong, who did it, what to do; code: a HILUM_FAULT_ value */
#define HILUM_EVENT_ACKNOWLEDGE 6 /* all that was received is taken once durable (links that carry no answer: a file) */
#define HILUM_EVENT_ORDER 7       /* bytes: a device message of kind order: the device took or refused an order */

/* Flags of TRANSMIT. */
#define HILUM_TRANSMIT_IMMEDIATE 1u /* acknowledges nothing that was received (NAK, "ready", a request): need not wait */

/* Codes of FAULT: who has to look. */
#define HILUM_FAULT_NOTICE 0u   /* noise, a repeat, a deviation that was put right: counted */
#define HILUM_FAULT_REFUSED 1u  /* something was refused and the device was told, or will send it again */
#define HILUM_FAULT_LOST 2u     /* something arrived that cannot be read, and the device will not send it again: show it */

typedef struct hilum_event {
    uint32_t struct_size;  /* set by the host before poll: sizeof(hilum_event) it knows; the driver writes no more */
    uint32_t kind;         /* HILUM_EVENT_ */
    uint32_t flags;        /* HILUM_TRANSMIT_ */
    uint32_t code;         /* HILUM_FAULT_ */
    uint64_t start_offset; /* MESSAGE, QUERY, FAULT: first byte it came from, counted from 0 at open */
    uint64_t end_offset;   /* and one past the last */
    int64_t deadline_us;   /* DEADLINE: on the monotonic clock */
    hilum_bytes bytes;
} hilum_event;

/*
 * Device message: what a driver makes of what a device said, in the device's own words. UTF-8 text of rows; each row is
 * followed by RS (1E); a row is its kind, then fields "name=value", each preceded by US (1F). RS and US may not occur in
 * values (write a blank). Unknown rows and fields are kept by the host and shown. A row belongs to the nearest row above
 * it of the level above: message > patient > order > result > comment (comment belongs to whatever is above it).
 *
 *   message  kind (results | query | order | event), protocol, control_id, sender, sent_at, processing, charset,
 *            complete (0: broken off)
 *   patient  id, alternate_id (repeatable), name, birth_date, sex, location
 *   order    specimen_id, specimen_kind (barcode | number: a running number of the device that restarts), specimen_type,
 *            rack, position, priority, placer_id, filler_id, ordered_at, collected_at, received_at, reported_at,
 *            report_type, action, qc (1), test (repeatable), run
 *   result   code, name, value, value_type, unit, range, flag (repeatable), status, time, started_at, operator,
 *            instrument, method, run, sub_id, role (result | raw | info | attachment), qc (1), usable (0),
 *            absent (reason in words), content_type, data (base64), resent (1)
 *   comment  text, code, source, type
 *   query    specimen_id, patient_id, test (repeatable), from, to, status, token (opaque: given back on submit),
 *            last_specimen_id (of a range that begins with specimen_id)
 *   other    tag, raw (a record that is kept but means nothing to the driver)
 *
 * Times are ISO 8601 as far as the device said them (2024-03-18T12:38, with +08:00 only if it was sent).
 */

/*
 * Service driver: it opens sockets, starts threads and reads clocks of its own, in a child process of few rights. What
 * crosses the boundary is messages, both ways, each a head and a body:
 *
 *   id    0: nothing is expected back. In a message of the driver: a number of its own; the gateway's answer carries the
 *         same. In a message of the gateway: a number of the gateway's; the driver's "result" carries the same.
 *   head  text in UTF-8: the kind, then fields "name=value", each preceded by US (1F). A name may come several times.
 *         Control characters may not occur (write a blank).
 *   body  bytes whose meaning the kind gives; often empty.
 *
 * The kinds and fields are the module's own affair and stand in its README. The process may end at any instant: the
 * gateway starts another one and treats whatever was not answered as never said; the driver must therefore tell its peer
 * "done" only after the gateway's answer.
 */
typedef struct hilum_service_message {
    uint32_t struct_size; /* sizeof(hilum_service_message) of whoever made it */
    uint32_t reserved;
    uint64_t id;
    hilum_bytes head;
    hilum_bytes body;
} hilum_service_message;

/* What the host offers to a service. */
typedef struct hilum_service_host {
    uint32_t struct_size;
    uint32_t reserved;
    void *context;
    /* Sends a message to the gateway. From any thread; blocks while the gateway is behind. The bytes are copied. */
    void (*emit)(void *context, const hilum_service_message *message);
} hilum_service_host;

typedef struct hilum_service {
    uint32_t struct_size;
    uint32_t reserved;
    /* options: a JSON object. host stays valid until stop returns. On failure *error says why and what to do. */
    int32_t (*start)(hilum_bytes options, const hilum_service_host *host, void **instance, hilum_bytes *error);
    /* A message of the gateway. Calls come from one thread and must return within a second: long work belongs to a thread
     * of the driver's own. */
    void (*handle)(void *instance, const hilum_service_message *message);
    /* Ends everything; no emit after it has returned. */
    void (*stop)(void *instance);
} hilum_service;

/* Kinds of driver. */
#define HILUM_KIND_STREAM 0u
#define HILUM_KIND_SERVICE 1u

typedef struct hilum_driver {
    uint32_t struct_size;  /* sizeof(hilum_driver) of the driver's header */
    uint32_t abi_version;  /* HILUM_DRIVER_ABI_VERSION of the driver's header */
    const char *name;      /* "lis" */
    const char *version;   /* "1.0.0" */
    /* options: a JSON object, the `options` of the device profile. On failure *instance is NULL and *error says why. */
    int32_t (*open)(hilum_bytes options, const hilum_time *now, void **instance, hilum_bytes *error);
    int32_t (*receive)(void *instance, hilum_bytes bytes, const hilum_time *now);
    int32_t (*timeout)(void *instance, const hilum_time *now);
    /* order: a JSON object, see docs/writing-a-driver.md. */
    int32_t (*submit)(void *instance, hilum_bytes order, const hilum_time *now);
    /* The other side has closed, or the file ends. */
    int32_t (*finish)(void *instance, const hilum_time *now);
    /* 1: *event is filled in; 0: nothing more to say. */
    int32_t (*poll)(void *instance, hilum_event *event);
    /* 1: nothing received so far is still needed (between messages, line neutral): a fresh instance would behave alike. */
    int32_t (*idle)(void *instance);
    void (*close)(void *instance);
    /* Absent (struct_size ends above) or 0: a stream driver, the calls above. HILUM_KIND_SERVICE: `service`, and the
     * calls above are NULL. */
    uint32_t kind;
    uint32_t reserved;
    const hilum_service *service;
} hilum_driver;

/* The one exported symbol. NULL if the module cannot serve a host of that version. */
const hilum_driver *hilum_driver_entry(uint32_t host_abi_version);
typedef const hilum_driver *(*hilum_driver_entry_function)(uint32_t host_abi_version);

#ifdef __cplusplus
}
#endif

#endif
