"""Requests as the Terraform provider's two client libraries make them, signed here from the
description of the RPC signature alone (HMAC-SHA1, version 1.0): nothing of Kanmon's code is used.

    params       all of the query and of the form, without Signature
    canonical    sorted by name, encoded as RFC 3986 says, name=value joined by &
    to sign      METHOD & encoded("/") & encoded(canonical)
    Signature    base64(HMAC-SHA1(secret + "&", to sign))
"""
import base64
import hashlib
import hmac
import time
import uuid
from urllib.parse import quote


def encoded(text):
    return quote(str(text), safe="-_.~")


def form(parameters):
    return "&".join(f"{encoded(name)}={encoded(value)}"
                    for name, value in sorted(parameters.items()))


def signature(secret, method, parameters):
    to_sign = "&".join((method, encoded("/"), encoded(form(parameters))))
    return base64.b64encode(hmac.new((secret + "&").encode(), to_sign.encode(),
                                     hashlib.sha1).digest()).decode()


def written(value):
    """As both libraries write values: booleans in lower case."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def flattened(fields, prefix=""):
    """Lists count from 1, objects go on with a dot; what is None is left out."""
    flat = {}
    for name, value in fields.items():
        place = f"{prefix}{name}"
        if isinstance(value, dict):
            flat |= flattened(value, f"{place}.")
        elif isinstance(value, (list, tuple)):
            for number, item in enumerate(value, 1):
                flat |= flattened({str(number): item}, f"{place}.")
        elif value is not None:
            flat[place] = written(value)
    return flat


def common(action, key, **more):
    return {
        "Action": action, "Version": "2016-04-28", "AccessKeyId": key["AccessKeyId"],
        "SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0", "SignatureNonce": uuid.uuid4().hex,
        "Timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **more,
    }


def tea_request(action, key, query, body):
    """The newer library: common parameters and some of the call's in the query, the rest in a form
    that is sent in chunks."""
    query = common(action, key, Format="json") | flattened(query)
    body = flattened(body)
    query["Signature"] = signature(key["AccessKeySecret"], "POST", query | body)
    return "POST", f"/?{form(query)}", form(body), True


def legacy_request(action, key, fields, method="POST"):
    """The older library: everything in the query, a SignatureType that is empty and signed, and a
    content type also without a body."""
    query = common(action, key, Format="JSON", SignatureType="") | flattened(fields)
    query["Signature"] = signature(key["AccessKeySecret"], method, query)
    return method, f"/?{form(query)}", "", False
