//! What a server's answers at each step come to: a server that says what a script tells it to, and never sees a text it
//! should not.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use chrono::DateTime;
use mail::{Address, Checked, Mailer, MailerSettings, Outgoing, SendError, Sent};
use uuid::Uuid;

/// Answers `(a command begins with this, the answer)`; what no row names is taken.
type Script = &'static [(&'static str, &'static str)];

/// A server with a script; the commands that it got come out of the channel.
fn scripted(script: Script) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, commands) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let _ = converse(stream, script, &sender);
        }
    });
    (port, commands)
}

fn converse(mut stream: TcpStream, script: Script, commands: &Sender<String>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let said = |command: &str, otherwise: &'static str| {
        script.iter().find(|(begin, _)| command.starts_with(begin)).map_or(otherwise, |(_, answer)| *answer)
    };
    write!(stream, "{}\r\n", said("CONNECT", "220 ready"))?;
    while let Some(line) = lines.next().transpose()? {
        let _ = commands.send(line.clone());
        let answer = match line.as_str() {
            "DATA" => said("DATA", "354 go on"),
            other => said(other, "250 ok"),
        };
        write!(stream, "{answer}\r\n")?;
        if answer.starts_with("354") {
            while lines.next().transpose()?.is_some_and(|line| line != ".") {}
            let _ = commands.send("TEXT".to_owned());
            write!(stream, "{}\r\n", said("TEXT", "250 taken"))?;
        }
    }
    Ok(())
}

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn mailer(port: u16, probe: &str) -> Mailer {
    let settings = MailerSettings {
        url: format!("smtp://127.0.0.1:{port}?tls=none"),
        outbox: std::path::PathBuf::new(),
        redirect_to: String::new(),
        helo: "mails.example.cn".to_owned(),
        probe: probe.to_owned(),
        connections: 1,
        timeout: Duration::from_secs(10),
        most_bytes: 1 << 20,
    };
    Mailer::open(&settings).unwrap()
}

async fn send(mailer: &Mailer, to: &str) -> Result<Sent, SendError> {
    let outgoing = Outgoing {
        message_id: Uuid::from_u128(7),
        from: address("no-reply@example.cn"),
        to: address(to),
        subject: "处理完成".to_owned(),
        text: "您好".to_owned(),
        html: None,
        attachments: vec![],
        headers: vec![],
        date: DateTime::from_timestamp(1_667_304_000, 0).unwrap(),
    };
    mailer.send(&outgoing).await
}

#[derive(Debug, PartialEq, Eq)]
enum Came {
    Sent,
    Ours(&'static str),
    Busy,
    Later,
    Never,
}

fn came(result: &Result<Sent, SendError>) -> Came {
    match result {
        Ok(_) => Came::Sent,
        Err(SendError::Ours { stage, .. }) => Came::Ours(stage),
        Err(SendError::Busy { .. }) => Came::Busy,
        Err(SendError::Transient { .. }) => Came::Later,
        Err(SendError::Permanent { .. }) => Came::Never,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_the_relay_holds_against_us_ends_no_mail_and_what_it_holds_against_the_recipient_does() {
    let table: &[(Script, Came)] = &[
        (&[], Came::Sent),
        (&[("CONNECT", "554 5.7.1 no service for you")], Came::Ours("the greeting")),
        (&[("CONNECT", "421 4.3.2 too busy")], Came::Busy),
        (&[("EHLO", "550 5.7.1 your name is refused")], Came::Ours("the greeting")),
        (&[("MAIL", "553 5.7.1 sender not owned by you")], Came::Ours("MAIL FROM")),
        (&[("MAIL", "550 5.1.0 sender rejected")], Came::Ours("MAIL FROM")),
        (&[("MAIL", "530 5.7.0 authentication required")], Came::Ours("MAIL FROM")),
        (&[("MAIL", "451 4.3.0 try again later")], Came::Busy),
        (&[("RCPT", "554 5.7.1 <a@b.cn>: Relay access denied")], Came::Ours("RCPT TO")),
        (&[("RCPT", "550 relay not permitted")], Came::Ours("RCPT TO")),
        (&[("RCPT", "553 5.7.1 Sender address rejected: not owned by user")], Came::Ours("RCPT TO")),
        (&[("RCPT", "550 5.1.1 no such user")], Came::Never),
        (&[("RCPT", "552 5.2.2 mailbox full")], Came::Never),
        (&[("RCPT", "450 4.2.0 greylisted")], Came::Later),
        (&[("RCPT", "451 4.7.1 rate limit exceeded, slow down")], Came::Busy),
        (&[("RCPT", "421 4.7.0 try later")], Came::Busy),
        (&[("DATA", "451 4.3.0 queue file write error")], Came::Later),
        (&[("TEXT", "554 5.7.1 looks like spam")], Came::Never),
        (&[("TEXT", "552 5.3.4 too large")], Came::Never),
        (&[("TEXT", "550 5.7.60 client may not send as this sender")], Came::Ours("DATA")),
        (&[("TEXT", "550 5.4.5 daily sending limit exceeded")], Came::Busy),
        (&[("TEXT", "452 4.3.1 insufficient system storage")], Came::Busy),
    ];
    for (script, expected) in table {
        let (port, commands) = scripted(script);
        let result = send(&mailer(port, ""), "wang@example.net").await;
        assert_eq!(came(&result), *expected, "{script:?}: {result:?}");
        let texts = commands.try_iter().filter(|command| command == "TEXT").count();
        assert!(texts <= 1 && (texts == 1) == (*expected == Came::Sent || script[0].0 == "TEXT"), "{script:?}");
        if let Err(error) = result {
            let is_of_all = matches!(expected, Came::Ours(_) | Came::Busy);
            assert_eq!(error.is_of_all(), is_of_all, "{error}");
            assert!(!error.to_string().contains("wang@"), "{error}");
        }
    }
}

#[tokio::test]
async fn an_answer_in_doubt_is_the_recipient_s_where_another_is_taken_and_ours_where_none_is() {
    let doubtful: Script = &[("RCPT TO:<wang", "550 Invalid recipient")];
    let relayed = mailer(scripted(doubtful).0, "");
    assert_eq!(came(&send(&relayed, "wang@example.net").await), Came::Ours("RCPT TO"), "nobody else was taken yet");
    assert_eq!(came(&send(&relayed, "li@example.net").await), Came::Sent);
    assert_eq!(came(&send(&relayed, "wang@example.net").await), Came::Never, "others there are taken");
    assert_eq!(came(&send(&relayed, "wang@elsewhere.net").await), Came::Ours("RCPT TO"), "nobody there was");

    let (port, commands) = scripted(doubtful);
    let probing = mailer(port, "probe@example.com");
    assert_eq!(came(&send(&probing, "wang@example.net").await), Came::Never);
    let asked: Vec<String> = commands.try_iter().filter(|command| command.starts_with("RCPT")).collect();
    assert_eq!(asked, ["RCPT TO:<wang@example.net>", "RCPT TO:<probe@example.com>"]);
    assert_eq!(came(&send(&probing, "li@example.net").await), Came::Sent, "the connection still carries mails");

    let all: Script = &[("RCPT", "550 Invalid recipient")];
    assert_eq!(
        came(&send(&mailer(scripted(all).0, "probe@example.com"), "wang@example.net").await),
        Came::Ours("RCPT TO")
    );
}

#[tokio::test]
async fn a_check_asks_for_sender_and_recipient_gives_our_name_and_sends_nothing() {
    let from = address("no-reply@example.cn");
    let (port, commands) = scripted(&[]);
    let probed = mailer(port, "probe@example.com").check(&from).await;
    assert_eq!(probed, Ok(Checked::Recipient("p***@example.com".to_owned())));
    let said: Vec<String> = commands.try_iter().collect();
    let expected = ["EHLO mails.example.cn", "MAIL FROM:<no-reply@example.cn>", "RCPT TO:<probe@example.com>", "RSET"];
    assert_eq!(said, expected);

    for (script, stage) in [
        (&[("MAIL", "553 5.7.1 not owned by you")][..], "MAIL FROM"),
        (&[("RCPT", "554 5.7.1 relay access denied")], "RCPT TO"),
    ] {
        for probe in ["probe@example.com", ""] {
            let refused = mailer(scripted(script).0, probe).check(&from).await;
            assert!(matches!(refused, Err(SendError::Ours { stage: at, .. }) if at == stage), "{refused:?}");
        }
    }
    let no_mailbox: Script = &[("RCPT", "550 5.1.1 no such user")];
    let alone = mailer(scripted(no_mailbox).0, "").check(&from).await;
    assert_eq!(alone, Ok(Checked::SenderAlone), "a sender needs no mailbox");
    let probe = mailer(scripted(no_mailbox).0, "probe@example.com").check(&from).await;
    assert!(matches!(probe, Err(SendError::Permanent { .. })), "{probe:?}");
}
