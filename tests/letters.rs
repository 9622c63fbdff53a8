//! The year's mails, sent to a real mail server by the works themselves on a clock that the test moves: who gets which, once,
//! with its files; what goes wrong on the way; what is not sent any more.

mod bounced;
mod crowd;
mod overtaken;
mod post;
mod relay;
mod troubles;
mod year;
