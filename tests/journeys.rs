//! Journeys: what people do with the product, from the command to what they get in their hands. Most run on the embedded
//! engine and on PostgreSQL, RabbitMQ, S3 and SMTP.

#[macro_use]
mod place;

mod acts;
mod arguments;
mod bureaus;
mod clock;
mod comparison;
mod comparison_laws;
mod comparison_stale;
mod copies;
mod database_rights;
mod demo;
mod documents;
mod enrollment;
mod figures;
mod formats;
mod gone;
mod guards;
mod held;
mod instant;
mod letter;
mod likely;
mod mail;
mod monitor;
mod notices;
mod offered;
mod operator;
mod payment;
mod privacy;
mod private;
mod readme;
mod rehearsal;
mod rejected;
mod removals;
mod rights;
mod secrets;
mod services;
mod sheet;
mod skew;
mod statistics;
mod terminal;
mod transfers;
mod tree;
mod undone;
mod uploads;
mod values;
mod walk;

/// A number as the manual's screens show it.
fn masked(number: &str) -> String {
    format!("{} **** **** {}", &number[..4], &number[number.len() - 4..])
}
