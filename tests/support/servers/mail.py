"""Prints what a mail program reads of every message in a folder of the mail server, as JSON. Argument: the folder."""
import email
import email.policy
import hashlib
import json
import pathlib
import sys


def opened(envelope):
    message = email.message_from_bytes(envelope.with_suffix(".eml").read_bytes(), policy=email.policy.default)
    body = {kind: message.get_body((kind,)) for kind in ("plain", "html")}
    files = [
        {
            "name": part.get_filename(),
            "content_type": part.get_content_type(),
            "sha256": hashlib.sha256(part.get_content()).hexdigest(),
        }
        for part in message.iter_attachments()
    ]
    return {
        "message_id": message["Message-ID"],
        "envelope_to": json.loads(envelope.read_text(encoding="utf-8"))["to"],
        "to": message["To"],
        "subject": message["Subject"],
        "text": body["plain"].get_content() if body["plain"] else "",
        "html": body["html"].get_content() if body["html"] else "",
        "files": files,
        "headers": list(message.keys()),
        "defects": [str(defect) for part in message.walk() for defect in part.defects],
    }


print(json.dumps([opened(path) for path in sorted(pathlib.Path(sys.argv[1]).glob("*.json"))], ensure_ascii=False))
