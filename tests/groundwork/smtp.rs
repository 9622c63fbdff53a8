//! The mail server helper, spoken to line by line.

use std::process::Command;
use support::run_tool;
use support::servers::smtp::{Mode, Protection, SmtpServer};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// A mail client that sends one line and takes one answer.
struct Dialogue {
    answers: Lines<BufReader<OwnedReadHalf>>,
    lines: OwnedWriteHalf,
}

impl Dialogue {
    async fn with(server: &SmtpServer) -> Self {
        let (read, lines) = TcpStream::connect(("127.0.0.1", server.port())).await.unwrap().into_split();
        let mut this = Self { answers: BufReader::new(read).lines(), lines };
        assert_eq!(this.answer().await, Some(220));
        assert_eq!(this.say("HELO test").await, Some(250));
        assert_eq!(this.say("MAIL FROM:<rollcall@example.org>").await, Some(250));
        this
    }

    async fn say(&mut self, line: &str) -> Option<u16> {
        self.lines.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
        self.answer().await
    }

    async fn answer(&mut self) -> Option<u16> {
        let line = self.answers.next_line().await.ok()??;
        line.get(..3)?.parse().ok()
    }

    async fn send(&mut self, to: &str) -> Option<u16> {
        assert_eq!(self.say(&format!("RCPT TO:<{to}>")).await, Some(250));
        assert_eq!(self.say("DATA").await, Some(354));
        self.say("Subject: a\r\n b\r\n\r\nbody\r\n.").await
    }
}

#[tokio::test]
async fn messages_are_kept_with_their_envelope_through_a_stop() {
    let mut server = SmtpServer::start().await;
    assert_eq!(Dialogue::with(&server).await.send("a@example.org").await, Some(250));
    server.down();
    assert!(TcpStream::connect(("127.0.0.1", server.port())).await.is_err());
    server.up().await;
    assert_eq!(Dialogue::with(&server).await.send("b@example.org").await, Some(250));
    let received = server.received();
    let recipients: Vec<_> = received.iter().flat_map(|mail| mail.to.clone()).collect();
    assert_eq!(recipients, ["a@example.org", "b@example.org"]);
    assert_eq!(received[0].from, "rollcall@example.org");
    assert_eq!(received[0].header("subject").as_deref(), Some("a b"));
    assert!(received[0].text().ends_with("body\r\n"));
}

#[tokio::test]
async fn the_server_refuses_for_a_while_for_good_or_after_the_data() {
    let server = SmtpServer::start().await;
    server.answer(Mode::Temporary { times: 2 });
    let mut dialogue = Dialogue::with(&server).await;
    for expected in [451, 451, 250] {
        assert_eq!(dialogue.say("RCPT TO:<a@example.org>").await, Some(expected));
    }
    server.answer(Mode::Refuse);
    assert_eq!(dialogue.say("RCPT TO:<b@example.org>").await, Some(550));
    server.answer(Mode::DropAfterData);
    assert_eq!(Dialogue::with(&server).await.send("c@example.org").await, None);
    assert_eq!(server.received().len(), 1, "the message was taken before the connection broke");
    server.answer(Mode::Slow { delay_ms: 50 });
    assert_eq!(Dialogue::with(&server).await.send("d@example.org").await, Some(250));
    let codes: Vec<u16> = server.attempts().iter().map(|(_, code)| *code).collect();
    assert_eq!(codes, [451, 451, 250, 550, 250, 250]);
}

#[tokio::test]
async fn protected_servers_want_tls_and_the_password() {
    let say = "import smtplib, ssl, sys\n\
        kind, port, certificate, user, password = sys.argv[1:]\n\
        context = ssl.create_default_context(cafile=certificate)\n\
        if kind == 'tls':\n    client = smtplib.SMTP_SSL('localhost', int(port), context=context)\n\
        else:\n    client = smtplib.SMTP('localhost', int(port)); client.starttls(context=context)\n\
        try:\n    client.sendmail('x@example.org', ['y@example.org'], 'early')\n    sys.exit('taken without password')\n\
        except smtplib.SMTPSenderRefused as error:\n    assert error.smtp_code == 530, error\n\
        client.login(user, password)\n\
        client.sendmail('x@example.org', ['y@example.org'], 'Subject: s\\r\\n\\r\\nb')\n";
    for (protection, kind) in [(Protection::StartTls, "starttls"), (Protection::Tls, "tls")] {
        let server = SmtpServer::start_protected(protection).await;
        let mut client = Command::new("/usr/bin/python3");
        client.args(["-c", say, kind, &server.port().to_string()]).arg(server.certificate());
        let printed = run_tool(client.args(["rollcall", "invented-password"]));
        assert_eq!(printed, "");
        assert_eq!(server.received().len(), 1);
    }
}
