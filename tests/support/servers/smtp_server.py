"""A mail server for tests: keeps every message in a folder and answers as the file mode.json says.

Arguments: FOLDER PORT none|starttls|tls USER PASSWORD. Written for aiosmtpd 1.4 (Debian's python3-aiosmtpd).
"""

import asyncio
import itertools
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Keeper:
    """Answers RCPT and DATA by the mode in force and keeps what is taken."""

    def __init__(self, folder):
        self.folder = folder
        self.refused = {}
        mails = os.path.join(folder, "mails")
        taken = [int(name[:6]) for name in os.listdir(mails) if name.endswith(".eml")]
        self.numbers = itertools.count(max(taken, default=0) + 1)

    def mode(self):
        with open(os.path.join(self.folder, "mode.json"), encoding="utf-8") as file:
            return json.load(file)

    def note(self, code, address):
        with open(os.path.join(self.folder, "attempts"), "a", encoding="utf-8") as file:
            file.write(f"{code} {address}\n")

    def scripted(self, command):
        mode = self.mode()
        return mode["answer"] if mode["kind"] == "answer" and mode["command"] == command else None

    async def handle_MAIL(self, server, session, envelope, address, options):
        answer = self.scripted("MAIL")
        if answer:
            self.note(answer[:3], "MAIL")
            return answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        mode = self.mode()
        answer = self.scripted("RCPT") or "250 OK"
        if mode["kind"] == "refuse":
            answer = "550 5.1.1 no such mailbox"
        elif mode["kind"] == "temporary" and self.refused.get(address, 0) < mode["times"]:
            self.refused[address] = self.refused.get(address, 0) + 1
            answer = "451 4.3.0 try again later"
        self.note(answer[:3], address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return answer

    async def handle_DATA(self, server, session, envelope):
        mode = self.mode()
        self.keep(envelope)
        if mode["kind"] == "slow":
            await asyncio.sleep(mode["delay_ms"] / 1000)
        if mode["kind"] == "drop_after_data":
            server.transport.abort()
        return "250 2.0.0 taken"

    def keep(self, envelope):
        stem = os.path.join(self.folder, "mails", f"{next(self.numbers):06}")
        with open(stem + ".eml", "wb") as file:
            file.write(envelope.original_content or envelope.content)
        with open(stem + ".new", "w", encoding="utf-8") as file:
            json.dump({"from": envelope.mail_from, "to": envelope.rcpt_tos}, file)
        os.rename(stem + ".new", stem + ".json")


def tls_context(folder):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem"))
    return context


async def main():
    folder, port, protection, user, password = sys.argv[1:6]
    keeper = Keeper(folder)
    settings = {"enable_SMTPUTF8": True, "hostname": "mail.test"}

    def authenticate(server, session, envelope, mechanism, data):
        right = data.login == user.encode() and data.password == password.encode()
        return AuthResult(success=right, handled=right)

    if protection != "none":
        settings.update(authenticator=authenticate, auth_required=True)
    if protection == "starttls":
        settings.update(tls_context=tls_context(folder), require_starttls=True)
    if protection == "tls":
        settings.update(auth_require_tls=False)
    context = tls_context(folder) if protection == "tls" else None
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(keeper, loop=loop, **settings), host="127.0.0.1", port=int(port), ssl=context
    )
    await server.serve_forever()


asyncio.run(main())
