"""Calls of the API, signed as Terraform signs them (RPC HMAC-SHA1), over one kept connection."""
import base64
import hashlib
import hmac
import http.client
import json
import time
import urllib.parse
import uuid


class Lost(Exception):
    """No answer: what became of the call is unknown."""


def encoded(text):
    return urllib.parse.quote(text, safe="-_.~")


class SignedCalls:
    def __init__(self, port, key):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.key = key

    def body(self, action, parameters):
        signed = {"Action": action, "Version": "2016-04-28", "Format": "JSON",
                  "AccessKeyId": self.key["AccessKeyId"], "SignatureMethod": "HMAC-SHA1",
                  "SignatureVersion": "1.0", "SignatureNonce": uuid.uuid4().hex,
                  "Timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **parameters}
        form = "&".join(f"{encoded(name)}={encoded(signed[name])}" for name in sorted(signed))
        digest = hmac.new((self.key["AccessKeySecret"] + "&").encode(),
                          ("POST&%2F&" + encoded(form)).encode(), hashlib.sha1).digest()
        return form + "&Signature=" + encoded(base64.b64encode(digest).decode())

    def call(self, action, **parameters):
        """Status and body. Raises Lost."""
        try:
            self.connection.request(
                "POST", "/", self.body(action, parameters),
                {"Content-Type": "application/x-www-form-urlencoded"})
            answer = self.connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, json.JSONDecodeError) as error:
            self.connection.close()
            raise Lost(str(error)) from None

    def done(self, action, **parameters):
        status, body = self.call(action, **parameters)
        assert status == 200, f"{action}: {status} {body}"
        return body
