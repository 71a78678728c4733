"""EMRs that nobody of the product wrote: python-hl7's MLLP server, and a plain FHIR endpoint."""
import asyncio
import http.server
import json
import threading

import hl7
import hl7.mllp

from .ports import free_port


class HL7EMR:
    """python-hl7's asyncio MLLP server. `answer` may replace the acknowledgement: a function (message) -> bytes | None."""

    def __init__(self, port=None, answer=None, encoding="utf-8"):
        self.port = port or free_port()
        self.messages = []
        self.answer = answer
        self.encoding = encoding
        self.loop = asyncio.new_event_loop()
        self.started = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        assert self.started.wait(10), "EMR did not start"
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    def _run(self):
        asyncio.set_event_loop(self.loop)

        async def serve():
            self.server = await hl7.mllp.start_hl7_server(
                self._session, host="127.0.0.1", port=self.port, encoding=self.encoding, limit=64 << 20)
            self.started.set()

        self.loop.run_until_complete(serve())
        self.loop.run_forever()
        self.server.close()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()

    async def _session(self, reader, writer):
        try:
            while not writer.is_closing():
                message = await reader.readmessage()
                self.messages.append(str(message))
                answer = message.create_ack() if self.answer is None else self.answer(message)
                if answer is None:
                    continue
                if isinstance(answer, bytes):
                    writer.write(answer)
                else:
                    writer.writemessage(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    @property
    def parsed(self):
        return [hl7.parse(m) for m in list(self.messages)]

    def results(self):
        """(MSH-10, specimen, code, value, status) of every OBX."""
        rows = []
        for message in self.parsed:
            specimen = ""
            for segment in message:
                name = str(segment[0])
                if name == "OBR":
                    specimen = str(segment[3]).split("^")[0]
            for segment in message:
                if str(segment[0]) == "OBX":
                    rows.append((str(message.segment("MSH")[10]), specimen, str(segment[3]), str(segment[5]), str(segment[11])))
        return rows


class FHIREMR:
    """Takes transaction bundles; `answer(bundle, count)` may give (status, headers, body) instead of success."""

    def __init__(self, answer=None):
        self.bundles = []
        self.requests = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                bundle = json.loads(body)
                outer.requests += 1
                status, headers, out = (answer and answer(bundle, outer.requests)) or outer.success(bundle)
                if status < 300:
                    outer.bundles.append(bundle)
                data = json.dumps(out).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/fhir+json")
                self.send_header("Content-Length", str(len(data)))
                for key, value in headers.items():
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    @staticmethod
    def success(bundle):
        entries = [{"response": {"status": "200 OK", "location": f"{e['resource']['resourceType']}/1/_history/1"}}
                   for e in bundle["entry"]]
        return 200, {}, {"resourceType": "Bundle", "type": "transaction-response", "entry": entries}

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
