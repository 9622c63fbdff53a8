//! A rehearsal never writes to people: with a mail server it is refused at the start, unless its mails go elsewhere.

use support::Installation;
use support::servers::smtp::SmtpServer;

const BEGIN: [&str; 5] = ["serve", "--clock", "simulated", "--from", "2022-10-20T09:00:00+08:00"];

async fn with_a_server() -> (Installation, SmtpServer) {
    let smtp = SmtpServer::start().await;
    let mut at = Installation::embedded();
    at.set("mail.url", smtp.url());
    at.set("mail.from", "rollcall@example.org");
    (at, smtp)
}

async fn is_refused(at: &Installation, words: &[&str]) {
    let error = at.run(&[&["--json"], words].concat()).await.code(1).json();
    assert_eq!(error["error"]["code"], "rehearsal-mail", "{words:?}: {error}");
    assert!(error["error"]["hint"].as_str().unwrap().contains("mail.redirect_to"), "{error}");
}

#[tokio::test]
async fn with_a_mail_server_a_rehearsal_is_refused_at_the_start() {
    let (mut at, _smtp) = with_a_server().await;
    let _ = at.must(&["migrate"]).await;
    is_refused(&at, &BEGIN).await;
    for acts in [&["drain"][..], &["enroll", "submit", "--year", "2023", "--org", "1"]] {
        is_refused(&at, &[&["--at", "2022-11-08"], acts].concat()).await;
    }
    assert_eq!(at.json(&["clock", "show"]).await["mode"], "system", "no rehearsal has begun");
    // To look is another matter, and so is the machine's time.
    let _ = at.must(&["--at", "2022-11-08", "window", "list", "--year", "2023"]).await;
    let _ = at.must(&["drain"]).await;

    // Begun without a server, it is refused with one, whatever the settings say of the clock.
    at.unset("mail.url");
    drop(at.start(&BEGIN).await);
    at.set("mail.url", "smtp://127.0.0.1:1?tls=none");
    is_refused(&at, &["serve"]).await;
    is_refused(&at, &["clock", "advance", "1d"]).await;
    let doctor = at.run(&["doctor"]).await;
    assert!(doctor.stdout.contains("WRONG  mail") && doctor.stdout.contains("rehearsal"), "{}", doctor.stdout);
    let _ = at.must(&["clock", "show"]).await;
}

#[tokio::test]
async fn redirected_or_told_to_send_it_begins() {
    let (mut at, _smtp) = with_a_server().await;
    at.set("mail.redirect_to", "rehearsal@example.org");
    drop(at.start(&BEGIN).await);
    at.unset("mail.redirect_to");
    is_refused(&at, &["serve"]).await;
    at.set("mail.rehearsal", "send");
    drop(at.start(&["serve"]).await);
}
