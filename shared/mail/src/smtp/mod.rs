//! The SMTP engine: lettre's connection step by step, because only whoever issues DATA knows whether a mail may be out.

mod conversation;
mod meaning;
mod pool;
mod text;
mod url;

pub(crate) use pool::{Manners, Smtp};
pub(crate) use url::{SmtpUrl, Tls};
