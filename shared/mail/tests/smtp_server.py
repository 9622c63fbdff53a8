"""An SMTP server for tests, on a free port, whose behaviour the recipient's name chooses.

accept@   takes the mail                      grey@    450 to RCPT the first time, then takes it
never@    550 to RCPT                         refuse@  554 to the text
later@    451 to the text                     drop@    the connection is cut after the text was taken, without an answer
cut@      the connection is cut at RCPT       silent@  no answer to the text
mute@     no answer to RCPT

First line on stdout: the port. Then one JSON line for each mail taken: {"connection", "from", "to", "data"}; it is printed
before the answer is given. Ends when stdin does. Options: --starttls, --smtps (with --cert and --key), --login USER:PASSWORD,
--close-after N (the connection is closed after N mails, as servers do).
"""

import argparse
import asyncio
import itertools
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

FOREVER_S = 3600


class Handler:
    def __init__(self, close_after):
        self.greyed = set()
        self.close_after = close_after
        self.numbers = itertools.count(1)

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        if name == "never":
            return "550 5.1.1 <%s>: no such user" % address
        if name == "grey" and envelope.mail_from not in self.greyed:
            self.greyed.add(envelope.mail_from)
            return "450 4.7.1 greylisted, try again later"
        if name == "cut":
            server.transport.abort()
        if name == "mute":
            await asyncio.sleep(FOREVER_S)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        name = envelope.rcpt_tos[0].split("@")[0]
        if name == "refuse":
            return "554 5.7.1 looks like spam"
        if name == "later":
            return "451 4.3.0 disk full"
        if not hasattr(session, "number"):
            session.number, session.taken = next(self.numbers), 0
        session.taken += 1
        taken = {
            "connection": session.number,
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "data": envelope.content.decode("utf-8", "replace"),
        }
        print(json.dumps(taken), flush=True)
        if name == "drop":
            server.transport.abort()
        if name == "silent":
            await asyncio.sleep(FOREVER_S)
        if self.close_after and session.taken >= self.close_after:
            asyncio.get_running_loop().call_later(0, server.transport.close)
        return "250 2.0.0 queued as T%d" % session.taken


def authenticator(login):
    def check(server, session, envelope, mechanism, data):
        given = isinstance(data, LoginPassword) and b":".join([data.login, data.password]).decode()
        return AuthResult(success=given == login, handled=False)

    return check


async def main():
    options = argparse.ArgumentParser()
    for flag in ["--starttls", "--smtps"]:
        options.add_argument(flag, action="store_true")
    for value in ["--cert", "--key", "--login"]:
        options.add_argument(value)
    options.add_argument("--close-after", type=int, default=0)
    options = options.parse_args()

    context = None
    if options.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.cert, options.key)
    settings = {"hostname": "localhost", "enable_SMTPUTF8": True}
    if options.starttls:
        settings["tls_context"] = context
    if options.login:
        settings.update(authenticator=authenticator(options.login), auth_required=True, auth_require_tls=False)

    handler = Handler(options.close_after)
    loop = asyncio.get_running_loop()
    wrapped = context if options.smtps else None
    server = await loop.create_server(lambda: SMTP(handler, **settings), "127.0.0.1", 0, ssl=wrapped)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    # Sleepers of silent@ and mute@ are not waited for.
    sys.stdout.flush()
    import os

    os._exit(0)


asyncio.run(main())
