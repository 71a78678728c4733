/*
 * cdcmtk.h: what Hilum's DICOM driver uses of DCMTK 3.6.7, as a C interface.
 *
 * The upper layer (PS3.8) is DCMTK's; sockets, deadlines, and DIMSE messages (PS3.7) are read and written here, because
 * DCMTK's own loops wait without limit, take command sets of any size, and end the association at a data set whose
 * transfer syntax they do not know. Conversions of data sets and pictures are DCMTK's again.
 *
 * Threads: cdcmtk_start once, before any other call and any thread. An association belongs to one thread; only
 * cdcmtk_interrupt may be called from others while it lives. Nothing here throws.
 */
#ifndef CDCMTK_H
#define CDCMTK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Outcomes ---- */

enum {
    CDCMTK_OK = 0,
    CDCMTK_RELEASED,    /* the peer asked for release, and was answered */
    CDCMTK_ABORTED,     /* A-ABORT of the peer */
    CDCMTK_CLOSED,      /* the connection went without a word */
    CDCMTK_TIMEOUT,     /* a deadline passed */
    CDCMTK_MALFORMED,   /* what came is not what the standard says; text tells what it looks like */
    CDCMTK_REJECTED,    /* A-ASSOCIATE-RJ of the peer: rj_result, rj_source, rj_reason */
    CDCMTK_UNREACHABLE, /* no connection */
    CDCMTK_FILE,        /* reading or writing a file: system_error is errno */
    CDCMTK_TOO_LARGE,   /* more bytes than the limit; all of them were read */
    CDCMTK_UNSUPPORTED, /* cannot be converted without loss, or not at all */
    CDCMTK_FAILED       /* anything else; text tells */
};

typedef struct cdcmtk_fault {
    int32_t outcome; /* CDCMTK_ */
    int32_t system_error;
    uint8_t rj_result, rj_source, rj_reason, reserved; /* PS3.8 9.3.4 */
    char text[400];                                    /* one line for people, UTF-8 or what the peer sent */
} cdcmtk_fault;

/* Sets DCMTK's globals: no log, no reverse DNS, dictionary loaded. 0: well; else *fault says what is missing. */
int32_t cdcmtk_start(cdcmtk_fault *fault);

/* Frees what a call below says it allocates. */
void cdcmtk_free(void *memory);

/* ---- Names ---- */

#define CDCMTK_UID 65
#define CDCMTK_AE 17

/* 1: one of the storage SOP classes that DCMTK lists (PS3.4 B.5 and private ones of old devices). */
int32_t cdcmtk_is_storage(const char *sop_class);
/* Storage SOP classes by number, NULL past the end. */
const char *cdcmtk_storage(size_t index);
/* 1: DCMTK can carry data sets of this transfer syntax. */
int32_t cdcmtk_knows_transfer_syntax(const char *uid);
/* The name of a UID, or "" if DCMTK has none. */
const char *cdcmtk_name(const char *uid);
/* The implementation we tell peers of. */
const char *cdcmtk_implementation_class(void);
const char *cdcmtk_implementation_version(void);

/* ---- TLS (PS3.15 B) ---- */

#define CDCMTK_TLS_BCP195 0
#define CDCMTK_TLS_NON_DOWNGRADING 1
#define CDCMTK_TLS_EXTENDED 2

#define CDCMTK_PEER_REQUIRED 0
#define CDCMTK_PEER_REQUESTED 1
#define CDCMTK_PEER_NONE 2

typedef struct cdcmtk_tls cdcmtk_tls;

typedef struct cdcmtk_tls_options {
    const char *certificate; /* PEM file; the requestor may do without (NULL) */
    const char *key;         /* PEM file */
    const char *authorities; /* PEM file or folder of certificates that peers are checked against; NULL: none */
    int32_t peer;            /* CDCMTK_PEER_: what is asked of the other side's certificate */
    int32_t profile;         /* CDCMTK_TLS_ */
    int32_t acceptor;        /* 1: server side */
} cdcmtk_tls_options;

/* NULL: *fault says which file or option is wrong. Must outlive the associations that use it. */
cdcmtk_tls *cdcmtk_tls_open(const cdcmtk_tls_options *options, cdcmtk_fault *fault);
void cdcmtk_tls_close(cdcmtk_tls *tls);

/* ---- Associations ---- */

typedef struct cdcmtk_association cdcmtk_association;

/* Roles of a presentation context (PS3.7 D.3.3.4), of the requestor. */
#define CDCMTK_ROLE_DEFAULT 0
#define CDCMTK_ROLE_SCU 1
#define CDCMTK_ROLE_SCP 2
#define CDCMTK_ROLE_BOTH 3

#define CDCMTK_TRANSFER_SYNTAXES 50

typedef struct cdcmtk_context {
    uint8_t id;
    uint8_t result; /* PS3.8 9.3.3.2: 0 accepted, 1 by user, 2 no reason, 3 abstract, 4 transfer syntax; 255: open */
    uint8_t role;   /* proposed CDCMTK_ROLE_ */
    uint8_t accepted_role;
    uint32_t count;
    char abstract_syntax[CDCMTK_UID];
    char accepted[CDCMTK_UID]; /* transfer syntax */
    char transfer_syntaxes[CDCMTK_TRANSFER_SYNTAXES][CDCMTK_UID];
} cdcmtk_context;

typedef struct cdcmtk_peer {
    char calling[CDCMTK_AE], called[CDCMTK_AE]; /* without padding */
    char application_context[CDCMTK_UID];
    char implementation_class[CDCMTK_UID], implementation_version[CDCMTK_AE];
    uint32_t max_pdu;      /* that the peer receives; 0: no limit */
    char tls_subject[256]; /* of the peer's certificate, "" without */
} cdcmtk_peer;

/* An association on a connected socket, which it owns from now on, failure or not. NULL: no memory. */
cdcmtk_association *cdcmtk_open(int32_t socket, cdcmtk_tls *tls);
/* Reads the A-ASSOCIATE-RQ (and performs the TLS handshake) within milliseconds. Returns an outcome. Of a malformed
 * request, fault says what it looked like. idle_milliseconds: longest silence within a PDU from now on. */
int32_t cdcmtk_receive_request(
    cdcmtk_association *association, uint32_t max_pdu, uint32_t milliseconds, uint32_t idle_milliseconds,
    cdcmtk_fault *fault);
/* Ends whatever another thread is waiting for on this association. */
void cdcmtk_interrupt(cdcmtk_association *association);
/* Closes the connection if it is open, and frees everything. */
void cdcmtk_close(cdcmtk_association *association);

void cdcmtk_get_peer(const cdcmtk_association *association, cdcmtk_peer *peer);
size_t cdcmtk_context_count(const cdcmtk_association *association);
int32_t cdcmtk_get_context(const cdcmtk_association *association, size_t index, cdcmtk_context *context);

int32_t cdcmtk_accept_context(
    cdcmtk_association *association, uint8_t id, const char *transfer_syntax, uint8_t role);
int32_t cdcmtk_refuse_context(cdcmtk_association *association, uint8_t id, uint8_t result);
int32_t cdcmtk_acknowledge(cdcmtk_association *association, cdcmtk_fault *fault);
/* PS3.8 9.3.4. The connection is closed after a short wait for the peer to do so. */
void cdcmtk_reject(cdcmtk_association *association, uint8_t result, uint8_t source, uint8_t reason);

typedef struct cdcmtk_request {
    const char *host; /* name or IPv4 address */
    uint16_t port;
    const char *calling, *called;
    cdcmtk_tls *tls; /* NULL: plain */
    uint32_t max_pdu;
    uint32_t connect_milliseconds, answer_milliseconds, idle_milliseconds;
    const cdcmtk_context *contexts; /* id, role, abstract and transfer syntaxes */
    size_t context_count;
} cdcmtk_request;

/* Opens an association. NULL: *fault tells why, a rejection in words. At least one context is accepted otherwise. */
cdcmtk_association *cdcmtk_associate(const cdcmtk_request *request, cdcmtk_fault *fault);
/* A-RELEASE-RQ and its answer. Returns an outcome; close afterwards. */
int32_t cdcmtk_release(cdcmtk_association *association);
void cdcmtk_abort(cdcmtk_association *association);

/* ---- DIMSE (PS3.7) ---- */

enum { /* PS3.7 E.1: Command Field */
    CDCMTK_C_STORE_RQ = 0x0001, CDCMTK_C_STORE_RSP = 0x8001,
    CDCMTK_C_GET_RQ = 0x0010, CDCMTK_C_GET_RSP = 0x8010,
    CDCMTK_C_FIND_RQ = 0x0020, CDCMTK_C_FIND_RSP = 0x8020,
    CDCMTK_C_MOVE_RQ = 0x0021, CDCMTK_C_MOVE_RSP = 0x8021,
    CDCMTK_C_ECHO_RQ = 0x0030, CDCMTK_C_ECHO_RSP = 0x8030,
    CDCMTK_N_EVENT_REPORT_RQ = 0x0100, CDCMTK_N_EVENT_REPORT_RSP = 0x8100,
    CDCMTK_N_GET_RQ = 0x0110, CDCMTK_N_GET_RSP = 0x8110,
    CDCMTK_N_SET_RQ = 0x0120, CDCMTK_N_SET_RSP = 0x8120,
    CDCMTK_N_ACTION_RQ = 0x0130, CDCMTK_N_ACTION_RSP = 0x8130,
    CDCMTK_N_CREATE_RQ = 0x0140, CDCMTK_N_CREATE_RSP = 0x8140,
    CDCMTK_N_DELETE_RQ = 0x0150, CDCMTK_N_DELETE_RSP = 0x8150,
    CDCMTK_C_CANCEL_RQ = 0x0fff
};

/* A command set, flat. Absent: "" and, of numbers that may be zero, the has_ bit. */
typedef struct cdcmtk_command {
    uint8_t context;  /* presentation context ID */
    uint8_t has_data; /* a data set follows */
    uint16_t field;   /* CDCMTK_ */
    uint16_t message; /* Message ID, of an answer: Message ID Being Responded To */
    uint16_t priority;
    uint16_t status;
    uint16_t event, action; /* Event Type ID, Action Type ID */
    uint16_t has_counts;
    uint16_t remaining, completed, failed, warning; /* sub-operations */
    uint16_t originator_message;
    char sop_class[CDCMTK_UID], sop_instance[CDCMTK_UID]; /* affected or requested */
    char destination[CDCMTK_AE], originator[CDCMTK_AE];   /* Move Destination, Move Originator */
    char comment[65];                                     /* Error Comment */
} cdcmtk_command;

/* 1: something has arrived, 0: not within milliseconds, or the connection has ended and receive_command will say so. */
int32_t cdcmtk_is_waiting(cdcmtk_association *association, uint32_t milliseconds);
/* The next command, waiting at most so long for its first byte. A release request is answered: CDCMTK_RELEASED. */
int32_t cdcmtk_receive_command(
    cdcmtk_association *association, uint32_t milliseconds, cdcmtk_command *command, cdcmtk_fault *fault);
/* The data set that follows a command, as Explicit VR Little Endian; *bytes is to be freed. What is longer than the
 * limit is read and thrown away: CDCMTK_TOO_LARGE. What cannot be parsed: CDCMTK_UNSUPPORTED. In both cases the
 * association goes on. */
int32_t cdcmtk_receive_data(
    cdcmtk_association *association, const cdcmtk_command *command, size_t limit, uint8_t **bytes, size_t *count,
    cdcmtk_fault *fault);
/* The data set that follows a command, bit for bit to a file. After CDCMTK_FILE and CDCMTK_TOO_LARGE the whole data set
 * has been read and the association goes on. file < 0: read and thrown away. */
int32_t cdcmtk_receive_file(
    cdcmtk_association *association, const cdcmtk_command *command, int32_t file, uint64_t limit, uint64_t *size,
    cdcmtk_fault *fault);
/* Sends a command with its data set, given as Explicit VR Little Endian (count 0: none; has_data is set by that). */
int32_t cdcmtk_send(
    cdcmtk_association *association, const cdcmtk_command *command, const uint8_t *bytes, size_t count,
    cdcmtk_fault *fault);
/* Sends a command with the data set that stands in a file from offset to its end, bit for bit. */
int32_t cdcmtk_send_file(
    cdcmtk_association *association, const cdcmtk_command *command, int32_t file, uint64_t offset,
    cdcmtk_fault *fault);
/* The same from memory, already in the transfer syntax of the context. */
int32_t cdcmtk_send_encoded(
    cdcmtk_association *association, const cdcmtk_command *command, const uint8_t *bytes, size_t count,
    cdcmtk_fault *fault);

/* ---- Files ---- */

typedef struct cdcmtk_file_header {
    uint64_t offset; /* of the data set */
    char sop_class[CDCMTK_UID], sop_instance[CDCMTK_UID], transfer_syntax[CDCMTK_UID];
} cdcmtk_file_header;

/* Preamble and File Meta Information (PS3.10 7.1) of an instance, to be freed. 0: no memory. */
size_t cdcmtk_write_header(
    const char *sop_class, const char *sop_instance, const char *transfer_syntax, const char *source_ae,
    uint8_t **bytes);
int32_t cdcmtk_read_header(int32_t file, cdcmtk_file_header *header, cdcmtk_fault *fault);

/* A change to the top level of a data set. value NULL: the element is taken out. */
typedef struct cdcmtk_change {
    uint16_t group, element;
    const char *value; /* UTF-8; it is converted to the data set's character set */
} cdcmtk_change;

/* The data set of a file with changes, in another or the same transfer syntax; *bytes is to be freed. Pixel data is
 * never compressed with loss, and what is compressed with loss is left as it is, or refused: CDCMTK_UNSUPPORTED. */
int32_t cdcmtk_convert(
    const char *path, const char *transfer_syntax, const cdcmtk_change *changes, size_t change_count,
    uint8_t **bytes, size_t *count, cdcmtk_fault *fault);
/* 1: data sets of the one can be made data sets of the other without loss. */
int32_t cdcmtk_can_convert(const char *from, const char *to);

/* ---- Pictures ---- */

typedef struct cdcmtk_picture {
    uint32_t frame;         /* from 1 */
    uint32_t width, height; /* largest; the aspect is kept. 0: as it is */
    int32_t png;            /* 1: PNG, 0: JPEG */
    int32_t has_window;
    double centre, window; /* VOI window */
} cdcmtk_picture;

/* A picture of a frame; *bytes is to be freed. */
int32_t cdcmtk_render(
    const char *path, const cdcmtk_picture *picture, uint8_t **bytes, size_t *count, cdcmtk_fault *fault);

#ifdef __cplusplus
}
#endif

#endif
