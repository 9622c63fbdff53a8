//! Puts a mail together: multipart text and HTML in UTF-8, the same bytes for the same mail.

use domain::shown::is_unseen;
use lettre::Message;
use lettre::message::header::{ContentDisposition, ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, MessageBuilder, MultiPart, SinglePart};

use crate::{Address, Attachment, Outgoing, SendError};

/// Longest subject, in characters; beyond it mail programs and servers differ.
const LONGEST_SUBJECT: usize = 200;

/// A mail ready to go.
#[derive(Debug, Clone)]
pub struct Composed {
    /// `MAIL FROM`.
    pub from: Address,
    /// `RCPT TO`; in a rehearsal, the address that all mails are redirected to.
    pub to: Address,
    /// The mail with all headers, lines ended by CR LF, ASCII but for addresses that need SMTPUTF8.
    pub bytes: Vec<u8>,
}

/// Composes `mail`; with `redirect_to`, for that address, the real one in the subject and in `X-Rollcall-Original-To`.
pub fn compose(mail: &Outgoing, redirect_to: Option<&Address>) -> Result<Composed, SendError> {
    let to = redirect_to.unwrap_or(&mail.to);
    let mut builder = Message::builder()
        .from(mail.from.mailbox())
        .to(to.mailbox())
        .date(mail.date.into())
        .message_id(Some(message_id(mail)))
        .subject(subject(mail, redirect_to.is_some()))
        .raw_header(header("Auto-Submitted", "auto-generated")?)
        .raw_header(header("Content-Language", "zh-CN")?);
    if redirect_to.is_some() {
        builder = builder.raw_header(header("X-Rollcall-Original-To", &mail.to.to_string())?);
    }
    for (name, value) in &mail.headers {
        builder = builder.raw_header(header(name, value)?);
    }
    let message = with_body(builder, mail)?;
    Ok(Composed { from: mail.from.clone(), to: to.clone(), bytes: message.formatted() })
}

fn with_body(builder: MessageBuilder, mail: &Outgoing) -> Result<Message, SendError> {
    // The boundary is named after the mail, so that every attempt sends the same bytes.
    let boundary = |part: &str| format!("=_{}_{part}", mail.message_id.simple());
    let texts = |html: &String| {
        let alternative = MultiPart::alternative().boundary(boundary("texts"));
        alternative.singlepart(SinglePart::plain(mail.text.clone())).singlepart(SinglePart::html(html.clone()))
    };
    let built = match (&mail.html, mail.attachments.is_empty()) {
        (Some(html), true) => builder.multipart(texts(html)),
        (None, true) => builder.singlepart(SinglePart::plain(mail.text.clone())),
        (html, false) => {
            let mixed = MultiPart::mixed().boundary(boundary("files"));
            let mut whole = match html {
                Some(html) => mixed.multipart(texts(html)),
                None => mixed.singlepart(SinglePart::plain(mail.text.clone())),
            };
            for attachment in &mail.attachments {
                whole = whole.singlepart(attached(attachment)?);
            }
            builder.multipart(whole)
        }
    };
    built.map_err(|error| SendError::Compose(error.to_string()))
}

fn attached(attachment: &Attachment) -> Result<SinglePart, SendError> {
    let content_type = ContentType::parse(&one_line(&attachment.content_type))
        .map_err(|_| SendError::Compose("the media type of an attachment is none".to_owned()))?;
    let body = Body::new_with_encoding(attachment.bytes.clone(), ContentTransferEncoding::Base64)
        .map_err(|_| SendError::Compose("an attachment can't be encoded".to_owned()))?;
    let disposition = ContentDisposition::attachment(&file_name(&attachment.name));
    Ok(SinglePart::builder().header(content_type).header(disposition).body(body))
}

fn message_id(mail: &Outgoing) -> String {
    format!("<{}@{}>", mail.message_id, mail.from.domain())
}

fn subject(mail: &Outgoing, redirected: bool) -> String {
    let subject = one_line(&mail.subject);
    let subject = if redirected { format!("[{}] {subject}", mail.to) } else { subject };
    subject.chars().take(LONGEST_SUBJECT).collect()
}

/// A further header; its name must be plain, its value can't begin another header.
fn header(name: &str, value: &str) -> Result<HeaderValue, SendError> {
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let name = plain.then(|| HeaderName::new_from_ascii(name.to_owned()).ok()).flatten();
    let name = name.ok_or_else(|| SendError::Compose("a header's name is none".to_owned()))?;
    Ok(HeaderValue::new(name, one_line(value)))
}

/// Control characters become blanks: nothing can end a header's line, nor turn the direction of what follows.
fn one_line(text: &str) -> String {
    let blank = |c: char| c.is_control() || c == '\u{2028}' || c == '\u{2029}';
    let plain = text.replace("\r\n", " ");
    plain.chars().map(|c| if blank(c) { ' ' } else { c }).filter(|c| !is_unseen(*c)).collect()
}

fn file_name(name: &str) -> String {
    let name = one_line(name).replace(['/', '\\', '"'], "_");
    if name.trim().is_empty() { "file".to_owned() } else { name }
}
