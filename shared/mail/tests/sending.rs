//! Sending to a real SMTP server: what each way of its going wrong is called, and that each mail arrives once.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

mod server;

use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use chrono::DateTime;
use mail::{Address, Mailer, MailerSettings, Outgoing, SendError, Sent};
use server::{Server, settings};
use uuid::Uuid;

fn outgoing(to: &str) -> Outgoing {
    Outgoing {
        message_id: Uuid::from_u128(7),
        from: Address::parse("工会 <no-reply@gonghui.cn>").unwrap(),
        to: Address::parse(to).unwrap(),
        subject: "处理完成".to_owned(),
        text: "您好:\n.\n处理完成。\n".to_owned(),
        html: None,
        attachments: vec![],
        headers: vec![],
        date: DateTime::from_timestamp(1_667_304_000, 0).unwrap(),
    }
}

fn sender() -> Address {
    Address::parse("no-reply@gonghui.cn").unwrap()
}

async fn send(mailer: &Mailer, to: &str) -> Result<Sent, SendError> {
    mailer.send(&outgoing(to)).await
}

#[tokio::test]
async fn a_mail_is_taken_once_with_the_same_message_id_at_every_attempt() {
    let server = Server::start(&[]);
    let mailer = server.mailer("");
    for _ in 0..2 {
        let sent = send(&mailer, "accept@example.cn").await.unwrap();
        assert!(matches!(&sent, Sent::Accepted(words) if words.contains("queued as")), "{sent:?}");
    }
    let (first, second) = (server.next(), server.next());
    assert_eq!((first.from.as_str(), first.to), ("no-reply@gonghui.cn", vec!["accept@example.cn".to_owned()]));
    assert!(first.data.contains("Message-ID: <00000000-0000-0000-0000-000000000007@gonghui.cn>\r\n"), "{}", first.data);
    assert_eq!(first.data, second.data, "another attempt sends the same bytes");
    assert_eq!((first.connection, second.connection), (1, 1), "the connection is used again");
    assert_eq!(server.rest(), 0);
}

#[tokio::test]
async fn later_never_and_unknown_are_told_apart() {
    let server = Server::start(&[]);
    let mailer = server.mailer("");
    let grey = send(&mailer, "grey@example.cn").await;
    assert!(matches!(grey, Err(SendError::Transient { code: 450, .. })), "{grey:?}");
    send(&mailer, "grey@example.cn").await.unwrap();
    assert_eq!(server.next().to, ["grey@example.cn"]);

    let never = send(&mailer, "never@example.cn").await.unwrap_err();
    assert!(matches!(&never, SendError::Permanent { code: Some(550), .. }), "{never:?}");
    assert!(never.to_string().contains("n***@example.cn") && !never.to_string().contains("never@"), "{never}");
    let refused = send(&mailer, "refuse@example.cn").await;
    assert!(matches!(refused, Err(SendError::Permanent { code: Some(554), .. })), "{refused:?}");
    let later = send(&mailer, "later@example.cn").await;
    assert!(matches!(later, Err(SendError::Transient { code: 451, .. })), "{later:?}");

    // After all these refusals the same connection still carries mails.
    send(&mailer, "accept@example.cn").await.unwrap();
    assert_eq!(server.next().connection, 1);
}

#[tokio::test]
async fn a_connection_lost_after_the_text_is_unknown_and_one_lost_before_is_not() {
    let server = Server::start(&[]);
    let mailer = server.mailer("");
    let dropped = send(&mailer, "drop@example.cn").await;
    assert!(matches!(dropped, Err(SendError::Unknown { .. })), "{dropped:?}");
    assert_eq!(server.next().to, ["drop@example.cn"], "it was delivered, indeed");
    let cut = send(&mailer, "cut@example.cn").await;
    assert!(matches!(cut, Err(SendError::Unreachable { .. })), "{cut:?}");
    send(&mailer, "accept@example.cn").await.unwrap();
    server.next();
    assert_eq!(server.rest(), 0, "nothing was sent twice");
}

/// A second piece would wait until the server's system has confirmed the first, 40 ms for each mail.
#[tokio::test]
async fn a_text_and_its_end_go_out_in_one_piece() {
    const MAILS: usize = 20;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let pieces = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut pieces, mut read) = (0, vec![0; 1 << 16]);
        stream.write_all(b"220 ready\r\n").unwrap();
        let mut taken = 0;
        while taken < MAILS {
            let command = stream.read(&mut read).unwrap();
            if read[..command].starts_with(b"DATA") {
                stream.write_all(b"354 go on\r\n").unwrap();
                let mut end = [0; 5];
                while end != *b"\r\n.\r\n" {
                    let piece = stream.read(&mut read).unwrap();
                    end.rotate_left(piece.min(5));
                    let last = piece.min(5);
                    end[5 - last..].copy_from_slice(&read[piece - last..piece]);
                    pieces += 1;
                }
                taken += 1;
            }
            stream.write_all(b"250 ok\r\n").unwrap();
        }
        pieces
    });
    let mailer = Mailer::open(&MailerSettings { connections: 1, ..settings(&url) }).unwrap();
    for _ in 0..MAILS {
        send(&mailer, "a@example.cn").await.unwrap();
    }
    assert_eq!(pieces.join().unwrap(), MAILS);
}

#[tokio::test]
async fn silence_costs_no_more_than_the_time_limit() {
    let server = Server::start(&[]);
    let url = format!("smtp://127.0.0.1:{}", server.port);
    let mailer = Mailer::open(&MailerSettings { timeout: Duration::from_millis(300), ..settings(&url) }).unwrap();
    let mute = send(&mailer, "mute@example.cn").await;
    assert!(matches!(mute, Err(SendError::Unreachable { .. })), "{mute:?}");
    let silent = send(&mailer, "silent@example.cn").await;
    assert!(matches!(silent, Err(SendError::Unknown { .. })), "{silent:?}");
}

#[tokio::test]
async fn a_server_that_is_down_or_speaks_no_smtp_is_unreachable() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mailer = Mailer::open(&settings(&format!("smtp://127.0.0.1:{free}"))).unwrap();
    assert!(matches!(mailer.check(&sender()).await, Err(SendError::Unreachable { .. })));
    let down = send(&mailer, "accept@example.cn").await;
    assert!(matches!(down, Err(SendError::Unreachable { .. })), "{down:?}");

    let quiet = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("smtp://{}", quiet.local_addr().unwrap());
    let mailer = Mailer::open(&MailerSettings { timeout: Duration::from_millis(200), ..settings(&url) }).unwrap();
    let silent = send(&mailer, "accept@example.cn").await;
    assert!(matches!(silent, Err(SendError::Unreachable { .. })), "{silent:?}");
}

#[tokio::test]
async fn a_kept_connection_that_the_server_has_closed_is_replaced() {
    let server = Server::start(&["--close-after", "1"]);
    let mailer = server.mailer("");
    for number in 1..=3 {
        send(&mailer, "accept@example.cn").await.unwrap();
        assert_eq!(server.next().connection, number);
    }
    assert_eq!(server.rest(), 0);
}

#[tokio::test]
async fn many_mails_at_once_share_a_few_connections() {
    let server = Server::start(&[]);
    let mailer = std::sync::Arc::new(server.mailer(""));
    let mut tasks = tokio::task::JoinSet::new();
    for i in 0..30 {
        let mailer = mailer.clone();
        tasks.spawn(async move { send(&mailer, &format!("accept@d{i}.cn")).await });
    }
    assert!(tasks.join_all().await.iter().all(Result::is_ok));
    let connections: Vec<u32> = (0..30).map(|_| server.next().connection).collect();
    assert!(connections.iter().all(|number| *number <= 2), "{connections:?}");
}

#[tokio::test]
async fn in_a_rehearsal_all_mails_go_to_one_address_and_name_the_real_one() {
    let server = Server::start(&[]);
    let url = format!("smtp://127.0.0.1:{}", server.port);
    let redirected = MailerSettings { redirect_to: "accept@rehearsal.cn".to_owned(), ..settings(&url) };
    send(&Mailer::open(&redirected).unwrap(), "never@example.cn").await.unwrap();
    let taken = server.next();
    assert_eq!(taken.to, ["accept@rehearsal.cn"]);
    assert!(taken.data.contains("X-Rollcall-Original-To: never@example.cn\r\n"), "{}", taken.data);
    assert!(taken.data.contains("Subject: [never@example.cn] ") && taken.data.contains("To: accept@rehearsal.cn\r\n"));
}

#[tokio::test]
async fn a_mail_one_byte_past_the_limit_is_not_sent() {
    let server = Server::start(&[]);
    let url = format!("smtp://127.0.0.1:{}", server.port);
    let bytes = mail::compose(&outgoing("accept@example.cn"), None).unwrap().bytes.len() as u64;
    let with = |most_bytes| Mailer::open(&MailerSettings { most_bytes, ..settings(&url) }).unwrap();
    let large = send(&with(bytes - 1), "accept@example.cn").await;
    assert_eq!(large, Err(SendError::TooLarge { bytes, limit: bytes - 1 }));
    send(&with(bytes), "accept@example.cn").await.unwrap();
    server.next();
    assert_eq!(server.rest(), 0);
}

#[tokio::test]
async fn an_address_in_chinese_goes_through_where_the_server_takes_it() {
    let server = Server::start(&[]);
    send(&server.mailer(""), "王@例子.中国").await.unwrap();
    assert_eq!(server.next().to, ["王@xn--fsqu00a.xn--fiqs8s"]);
}

#[tokio::test]
async fn a_login_is_made_and_a_wrong_one_stops_all_mails_not_this_one() {
    let server = Server::start(&["--login", "u@b.cn:p:w"]);
    let mailer =
        |login: &str| Mailer::open(&settings(&format!("smtp://{login}@127.0.0.1:{}?tls=none", server.port))).unwrap();
    send(&mailer("u%40b.cn:p%3Aw"), "accept@example.cn").await.unwrap();
    server.next();
    let wrong = mailer("u%40b.cn:wrong");
    assert!(matches!(wrong.check(&sender()).await, Err(SendError::Ours { code: 535, .. })));
    let wrong = send(&wrong, "accept@example.cn").await;
    assert!(matches!(wrong, Err(SendError::Ours { stage: "the greeting", code: 535, .. })), "{wrong:?}");
    let none = send(&server.mailer("tls=none"), "accept@example.cn").await;
    assert!(matches!(none, Err(SendError::Ours { stage: "MAIL FROM", code: 530, .. })), "{none:?}");
    let offered = Mailer::open(&settings(&format!("smtp://u%40b.cn:p%3Aw@127.0.0.1:{}", server.port))).unwrap();
    let clear = send(&offered, "accept@example.cn").await.unwrap_err();
    assert!(clear.to_string().contains("not sent without"), "no password in the clear unasked: {clear}");
    assert_eq!(server.rest(), 0);
}

#[tokio::test]
async fn tls_is_used_where_it_is_offered_and_insisted_on_where_it_is_required() {
    let folder = tempfile::tempdir().unwrap();
    let (cert, key, ca) = certificates(folder.path());
    let ca = format!("ca={ca}");
    let tls = ["--cert", &cert, "--key", &key, "--login", "u:p"];

    let starttls = Server::start(&[&["--starttls"], &tls[..]].concat());
    let to = |port: u16, query: &str| Mailer::open(&settings(&format!("smtp://u:p@localhost:{port}?{query}"))).unwrap();
    for mode in ["starttls", "required"] {
        send(&to(starttls.port, &format!("tls={mode}&{ca}")), "accept@example.cn").await.unwrap();
        starttls.next();
    }
    let untrusted = send(&to(starttls.port, "tls=required"), "accept@example.cn").await;
    assert!(matches!(untrusted, Err(SendError::Unreachable { .. })), "{untrusted:?}");
    assert_eq!(starttls.rest(), 0);

    let wrapped = Server::start(&[&["--smtps"], &tls[..]].concat());
    let mailer = Mailer::open(&settings(&format!("smtps://u:p@localhost:{}?{ca}", wrapped.port))).unwrap();
    mailer.check(&sender()).await.unwrap();
    send(&mailer, "accept@example.cn").await.unwrap();
    wrapped.next();

    let plain = Server::start(&[]);
    let refused = send(&to(plain.port, &format!("tls=required&{ca}")), "accept@example.cn").await;
    assert!(matches!(refused, Err(SendError::Unreachable { .. })), "{refused:?}");
    assert_eq!(plain.rest(), 0, "nothing goes in the clear");
}

/// An authority and a certificate of it for localhost, as PEM files: certificate, key, authority.
fn certificates(folder: &Path) -> (String, String, String) {
    let path = |name: &str| folder.join(name).display().to_string();
    let openssl = |arguments: &str| {
        let output = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output();
        let output = output.expect("openssl is needed (Debian: openssl)");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(&format!("req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=test-authority"));
    openssl(&format!("req {key} -keyout key.pem -out request.pem -subj /CN=localhost"));
    std::fs::write(folder.join("names"), "subjectAltName=DNS:localhost\n").unwrap();
    openssl("x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out cert.pem");
    (path("cert.pem"), path("key.pem"), path("ca.pem"))
}

#[tokio::test]
async fn the_outbox_keeps_one_private_file_for_a_mail_however_often_it_is_sent() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let outbox = folder.path().join("outbox");
    let mailer = Mailer::open(&MailerSettings { outbox: outbox.clone(), ..settings("") }).unwrap();
    mailer.check(&sender()).await.unwrap();
    let first = send(&mailer, "a@example.cn").await.unwrap();
    assert_eq!(first, send(&mailer, "a@example.cn").await.unwrap());
    let Sent::Written(path) = first else { panic!("{first:?}") };
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&outbox), mode(&path)), (0o700, 0o600));
    assert_eq!(std::fs::read_dir(&outbox).unwrap().count(), 1);
    assert!(path.ends_with("00000000-0000-0000-0000-000000000007.eml"));
    std::fs::remove_dir_all(&outbox).unwrap();
    let gone = send(&mailer, "a@example.cn").await;
    assert!(matches!(gone, Err(SendError::Unreachable { .. })), "{gone:?}");
}
