"""How the Terraform provider talks: which of its two libraries for what, when it tries again, what
it waits for, and what it takes for "gone". From the reference of the control API, section 7.

The waits are the provider's, `PACE` times as fast: what matters is their order and their ends.
"""
import http.client
import itertools
import json
import time
import uuid

import signing

REGION = "cn-hangzhou"
PACE = 100
TIMEOUT_SECONDS = 300 / PACE


class Refused(Exception):
    def __init__(self, status, body):
        super().__init__(f"{status} {body}")
        self.status, self.code, self.message = status, body.get("Code", ""), body.get("Message", "")


def is_expected(error, codes):
    return any(code in error.code or code in error.message for code in codes)


def need_retry(error):
    return (error.code in ("ServiceUnavailable", "Rejected.Throttling")
            or "Throttling" in error.code or "code: 5" in error.message)


def is_not_found(error, codes=()):
    return error.status == 404 or error.code in codes


def token(action):
    return f"TF-{action}-{int(time.time())}-{uuid.uuid4()}"[:64]


def pause(seconds):
    time.sleep(seconds / PACE)


class Provider:
    def __init__(self, control):
        self.key = control.key
        self.connection = http.client.HTTPConnection("127.0.0.1", control.port, timeout=10)
        self.actions = []

    def send(self, request):
        method, target, body, chunked = request
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        payload = iter([body[:7].encode(), body[7:].encode()]) if chunked else body.encode()
        self.connection.request(method, target, payload or None, headers, encode_chunked=chunked)
        answer = self.connection.getresponse()
        assert answer.headers["Content-Type"] == "application/json;charset=utf-8"
        fields = json.loads(answer.read())
        if answer.status >= 400:
            raise Refused(answer.status, fields)
        # Clients of old take any other Code than empty or 0 for a failure.
        assert "Code" not in fields
        return fields

    def tea(self, action, query=None, body=None):
        self.actions.append(action)
        return self.send(signing.tea_request(action, self.key, query or {},
                                             {"RegionId": REGION} | (body or {})))

    def legacy(self, action, fields=None, method="POST"):
        self.actions.append(action)
        return self.send(signing.legacy_request(action, self.key,
                                                {"RegionId": REGION} | (fields or {}), method))

    def retried(self, call, codes, first_pause=3, more=5):
        """`call` again while the error is one of those that pass; its argument counts from 0."""
        end = time.monotonic() + TIMEOUT_SECONDS
        for attempt in itertools.count():
            try:
                return call(attempt)
            except Refused as error:
                if not (is_expected(error, codes) or need_retry(error)):
                    raise
                assert time.monotonic() < end, f"{error} until the end"
                pause(first_pause + more * attempt)


def wait_for(read, good, step=5):
    """What `read` gives once it is `good`; None stands for gone."""
    end = time.monotonic() + TIMEOUT_SECONDS
    while True:
        found = read()
        if good(found):
            return found
        assert time.monotonic() < end, f"still {found}"
        pause(step)
