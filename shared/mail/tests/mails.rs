//! What mails look like: every kind as text and HTML, whole mails byte by byte, and headers that nobody can break out of.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use chrono::DateTime;
use mail::template::{KINDS, UploadLetter, kind};
use mail::{Address, Attachment, Outgoing, SendError, compose};
use uuid::Uuid;

fn outgoing() -> Outgoing {
    let rendered = kind("upload-rejected").unwrap().preview().unwrap();
    Outgoing {
        message_id: Uuid::from_u128(7),
        from: Address::parse("集中参保 <no-reply@gonghui.cn>").unwrap(),
        to: Address::parse("示例工会 <clerk@gonghui.cn>").unwrap(),
        subject: rendered.subject,
        text: rendered.text,
        html: Some(rendered.html),
        attachments: vec![],
        headers: vec![],
        date: DateTime::from_timestamp(1_667_304_000, 0).unwrap(),
    }
}

fn composed(mail: &Outgoing) -> String {
    String::from_utf8(compose(mail, None).unwrap().bytes).unwrap()
}

#[test]
fn every_kind_reads_as_it_is_kept() {
    for kind in KINDS {
        let rendered = kind.preview().unwrap();
        insta::assert_snapshot!(format!("{}.text", kind.name), format!("{}\n\n{}", rendered.subject, rendered.text));
        insta::assert_snapshot!(format!("{}.html", kind.name), rendered.html);
    }
}

/// A command is copied out of the mail, from its first word to the end of its line.
#[test]
fn nothing_follows_a_command_on_its_line() {
    for kind in KINDS {
        let text = kind.preview().unwrap().text;
        for command in text.lines().filter_map(|line| line.find("rollcall ").map(|at| &line[at..])) {
            assert!(!command.contains(['。', '，', '；', '、', '：']), "{}: {command}", kind.name);
        }
    }
}

#[test]
fn a_whole_mail_is_kept_byte_by_byte() {
    let mut mail = outgoing();
    insta::assert_snapshot!("whole", composed(&mail));
    mail.attachments.push(Attachment {
        name: "结果.xlsx".to_owned(),
        content_type: "application/octet-stream".to_owned(),
        bytes: vec![0, 1, 255],
    });
    mail.html = None;
    mail.text = "见附件".to_owned();
    insta::assert_snapshot!("whole-with-file", composed(&mail));
}

#[test]
fn headers_can_t_be_broken_out_of() {
    let mut mail = outgoing();
    let evil = "x\r\nBcc: evil@example.cn\r\n\r\n<b>\u{2028}\u{85}y\0";
    mail.subject = evil.to_owned();
    mail.headers.push(("X-Note".to_owned(), evil.to_owned()));
    mail.attachments.push(Attachment { name: evil.to_owned(), content_type: "text/plain".to_owned(), bytes: vec![] });
    let text = composed(&mail);
    assert!(!text.contains("\nBcc") && !text.contains("\rBcc"), "{text}");
    let mut plain = outgoing();
    plain.headers.push(("X-Note".to_owned(), "x".to_owned()));
    let names = |text: &str| -> Vec<String> {
        let head = text.split("\r\n\r\n").next().unwrap();
        head.lines()
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split(':').next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&text), names(&composed(&plain)));

    for name in ["", "X Y", "X:Y", "X\r\nBcc", "名"] {
        mail.headers = vec![(name.to_owned(), "x".to_owned())];
        assert!(matches!(compose(&mail, None), Err(SendError::Compose(_))), "{name:?}");
    }
    mail.headers = vec![];
    mail.attachments[0].content_type = evil.to_owned();
    assert!(compose(&mail, None).is_err());
}

#[test]
fn no_line_is_longer_than_smtp_carries() {
    let mut mail = outgoing();
    mail.subject = "长".repeat(5_000);
    mail.text = "x".repeat(100_000);
    let text = composed(&mail);
    assert!(text.is_ascii() && text.lines().all(|line| line.len() <= 998));
    assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "a line ends with CR LF");
}

#[test]
fn an_unknown_kind_or_data_that_does_not_fit_is_told() {
    assert_eq!(kind("hello").unwrap_err().to_string(), "no mail is called \"hello\"");
    let error = kind("upload-done").unwrap().render(&serde_json::json!({"upload_id": 3})).unwrap_err();
    assert!(error.to_string().starts_with("the data of a mail upload-done does not fit"), "{error}");
}

#[test]
fn data_of_a_newer_producer_is_read() {
    let mut data = serde_json::json!({
        "upload_id": Uuid::nil(), "kind_title": "会员导入", "org_code": "1", "org_name": "工会", "file_name": "x", "received_at": "y",
    });
    data["something_new"] = serde_json::json!({"a": 1});
    assert!(serde_json::from_value::<UploadLetter>(data.clone()).is_ok());
    assert!(kind("upload-failed").unwrap().render(&data).is_ok());
}

/// What clerks read names what can be done and by which number, and no command of a shell.
#[test]
fn no_mail_names_a_command() {
    for kind in KINDS {
        let mail = kind.preview().unwrap();
        for text in [&mail.subject, &mail.text, &mail.html] {
            assert!(!text.contains("rollcall ") && !text.contains(" --"), "{}: {text}", kind.name);
        }
    }
}
