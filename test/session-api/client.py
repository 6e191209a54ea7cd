"""A program that signs in through the session API, on Python's standard library only.

Written from the public description: two headers, six addresses, JSON. Reads what it needs as one JSON object from standard
input, walks through every answer that is promised, and prints a line for each; ends with status 1 if any was another.
"""
import base64
import hashlib
import hmac
import http.client
import json
import re
import struct
import sys
import time
import urllib.parse

UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


class Client:
    """What a site has in place already, with its base URL changed."""

    def __init__(self, base, token):
        self.base = urllib.parse.urlsplit(base)
        self.token = token

    def call(self, method, path, body=None, access=None, session=None, raw=None, kind="application/json"):
        connection = http.client.HTTPConnection(self.base.hostname, self.base.port, timeout=20)
        headers = {}
        if access is not None:
            headers["LV-Access"] = access
        if session is not None:
            headers["LV-Session"] = session
        data = raw if raw is not None else (json.dumps(body).encode() if body is not None else None)
        if data is not None:
            headers["Content-Type"] = kind
        connection.request(method, self.base.path + path, body=data, headers=headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        is_json = "json" in (answer.getheader("Content-Type") or "")
        return answer.status, json.loads(text) if text and is_json else None

    def login(self, **person):
        return self.call("POST", "/session/login", person, access=self.token)

    def password(self, **person):
        return self.call("POST", "/session/password", person, access=self.token)

    def validate(self, session_id, **headers):
        headers = headers or {"access": self.token}
        return self.call("GET", "/session/validate/" + urllib.parse.quote(session_id, safe=""), **headers)

    def logout(self, session_id, session):
        path = "/session/logout/" + urllib.parse.quote(session_id, safe="")
        return self.call("DELETE", path, session=session)


def totp(secret, now):
    """RFC 6238 with the usual parameters."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(now) // 30), hashlib.sha1).digest()
    at = digest[-1] & 15
    return "%06d" % ((struct.unpack(">I", digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000)


failures = 0


def expect(name, answer, status, code=None):
    global failures
    got_status, body = answer
    got_code = body.get("code") if isinstance(body, dict) else None
    good = got_status == status and (code is None or got_code == code)
    if status >= 400 and not (isinstance(body, dict) and isinstance(body.get("message"), str)):
        good = False
    failures += not good
    print("%s %d %s %s" % ("ok  " if good else "FAIL", got_status, got_code or "-", name))
    return body


def table(given):
    ann, bob, cid, dora = (given["people"][name] for name in ("plain", "expired", "factor", "agent"))
    client = Client(given["base"], given["token"])
    foreign = Client(given["base"], given["foreignToken"])
    made_up = "00000000-0000-8000-8000-000000000000"

    body = expect("login", client.login(**ann), 200)
    session = body["sessionId"]
    assert UUID.match(session) and isinstance(body["clientId"], int) and isinstance(body["userId"], int), body
    assert isinstance(body["daysUntilPasswordExpires"], int), body
    again = expect("login again, the same pair", client.login(**ann), 200)
    assert again["sessionId"] == session, again
    expect("login of an agent", client.login(**dora, agent=True), 200)
    expect("login of an agent, the other flag", client.login(**dora, isAgent=True), 200)
    expect("login of an agent as a user", client.login(**dora), 401, "unauthorized")

    expect("login without a token", client.call("POST", "/session/login", ann), 401, "unauthorized")
    expect("login, unknown token", client.call("POST", "/session/login", ann, access="x" * 32), 401, "unauthorized")
    expect("login, token of another site", foreign.login(**ann), 401, "unauthorized")
    expect("login, wrong password", client.login(**{**ann, "password": "wrong"}), 401, "unauthorized")
    expect("login, unknown name", client.login(**{**ann, "userName": "unknown"}), 401, "unauthorized")
    expect("login, another client code", client.login(**{**ann, "clientName": "NOWHERE"}), 401, "unauthorized")
    expect("login, password expired", client.login(**bob), 401, "password_change_required")
    expect("login, code due", client.login(**cid), 401, "second_factor_required")
    expect("login, wrong code", client.login(**cid, otp="000000"), 401, "unauthorized")
    expect("login, right code", client.login(**cid, otp=totp(given["secret"], given["now"])), 200)

    expect("login, a field missing", client.login(clientName=ann["clientName"]), 400, "bad_request")
    expect("login, a field of another kind", client.login(**{**ann, "password": 7}), 400, "bad_request")
    post = lambda raw, kind="application/json": client.call("POST", "/session/login", access=client.token, raw=raw, kind=kind)
    expect("login, not JSON", post(b"{"), 400, "bad_request")
    expect("login, a list", post(b"[]"), 400, "bad_request")
    expect("login, a field twice", post(b'{"userName":"a","userName":"b"}'), 400, "bad_request")
    expect("login, a form", post(b"userName=a", "application/x-www-form-urlencoded"), 415, "media_type_unsupported")
    expect("login, 70,000 bytes", post(b'{"userName":"' + b"a" * 70_000 + b'"}'), 413, "body_too_large")

    expect("validate with the token", client.validate(session), 200)
    expect("validate with the session", client.validate(session, session=session), 200)
    path = "/session/validate?sessionId=" + session
    expect("validate by query", client.call("GET", path, access=client.token), 200)
    expect("validate an id that is not there", client.validate(made_up), 404, "session_not_found")
    expect("validate what is no id", client.validate("../x"), 404)
    expect("validate without a header", client.call("GET", "/session/validate/" + session), 401, "unauthorized")
    expect("validate with a wrong session", client.validate(session, session=made_up), 401, "unauthorized")
    expect("validate for another site", foreign.validate(session), 404, "session_not_found")

    listed = expect("list", client.call("GET", "/session/list", session=session), 200)
    assert [one["sessionId"] for one in listed["sessions"]] == [session], listed
    details = expect("details", client.call("GET", "/session/" + session, session=session), 200)
    assert details["userName"] == ann["userName"], details
    expect("details of what is not there", client.call("GET", "/session/" + made_up, session=session), 404, "session_not_found")
    expect("list without a session", client.call("GET", "/session/list"), 401, "unauthorized")
    expect("list with only a token", client.call("GET", "/session/list", access=client.token), 401, "unauthorized")

    weak = expect("password, too weak", client.password(**bob, newPassword="short"), 422, "password_refused")
    assert weak["problems"], weak
    expect("password, wrong current one", client.password(**{**bob, "password": "x"}, newPassword=given["newPassword"]), 401, "unauthorized")
    expect("password", client.password(**bob, newPassword=given["newPassword"]), 204)
    expect("login with it", client.login(**{**bob, "password": given["newPassword"]}), 200)

    expect("logout of what is not there", client.logout(made_up, session), 404, "session_not_found")
    expect("logout with a wrong session", client.logout(session, made_up), 401, "unauthorized")
    expect("logout", client.logout(session, session), 204)
    expect("validate after it", client.validate(session), 404, "session_not_found")
    expect("list after it", client.call("GET", "/session/list", session=session), 401, "unauthorized")

    for method, path in (("PUT", "/session/login"), ("DELETE", "/session/list"), ("POST", "/session/validate"), ("PATCH", "/session/password")):
        expect("%s %s" % (method, path), client.call(method, path, access=client.token, body={}), 405, "method_not_allowed")
    expect("nothing there", client.call("GET", "/session/a/b/c", access=client.token), 404, "not_found")


if __name__ == "__main__":
    table(json.load(sys.stdin))
    sys.exit(1 if failures else 0)
