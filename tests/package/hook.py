"""An HTTPS address that events are posted to: hook.py CERTIFICATE KEY OUTPUT. Refuses the first post."""
import http.server
import json
import ssl
import sys

CERTIFICATE, KEY, OUTPUT = sys.argv[1:]
posts = []


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        posts.append(body)
        self.send_response(503 if len(posts) == 1 else 204)
        self.end_headers()
        with open(OUTPUT, "a", encoding="utf-8") as out:
            out.write(json.dumps({"headers": dict(self.headers), "body": body, "path": self.path}) + "\n")

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 9443), Hook)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(CERTIFICATE, KEY)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
