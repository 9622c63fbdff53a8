//! Many rows in one statement: none, one, up to and past the blocks of both engines, with every value absent somewhere.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use messages::{Envelope, MailQueued, Queue};
use store::facts::{self, Facts, NewFacts};
use store::messages::{NewMessage, claim_due, insert};
use store::organizations::SealedOption;
use store::uploads::{self, NewUpload};
use store::{DocKey, Store};
use uuid::Uuid;

use super::engines::{Place, at, id, mail, vault};
use super::organizations::add;

on_both_engines!(
    seventy_thousand_rows_come_back_as_they_were_written,
    blocks_are_cut_without_a_gap_and_without_an_overlap,
    absent_ids_and_texts_stay_absent_in_every_block,
    absent_numbers_stay_absent_in_every_block,
);

/// What row `number` says of each field: every combination of present and absent occurs.
fn row(number: u32, key: DocKey) -> NewFacts {
    let says = |bit: u32| number & (1 << bit) != 0;
    let day =
        |shift: u32| NaiveDate::from_ymd_opt(1950, 1, 1).map(|day| day + chrono::Days::new(u64::from(number + shift)));
    NewFacts {
        doc_key: key,
        card: SealedOption(says(0).then(|| vault().seal(&number.to_string()).unwrap())),
        social_insurance: says(1).then_some(says(5)),
        retired_on: day(0).filter(|_| says(2)),
        deceased_on: day(1).filter(|_| says(3)),
        staff: says(4).then_some("工人"),
    }
}

fn rows(numbers: std::ops::Range<u32>) -> BTreeMap<DocKey, NewFacts> {
    let vault = vault();
    numbers
        .map(|number| vault.doc_key(&number.to_string()))
        .zip(0..)
        .map(|(key, number)| (key, row(number, key)))
        .collect()
}

/// Writes these rows and reads them again.
async fn there_and_back(store: &Store, rows: &BTreeMap<DocKey, NewFacts>) {
    let new: Vec<NewFacts> = rows.values().cloned().collect();
    kept!(store, unit => facts::put(&mut unit, &new, id(5), at(2)));
    let keys: Vec<DocKey> = rows.keys().copied().collect();
    let found: Vec<Facts> = seen!(store, view => facts::known(&mut view, &keys));
    assert_eq!(found.len(), rows.len());
    let found: BTreeMap<DocKey, Facts> = found.into_iter().map(|facts| (facts.key().unwrap(), facts)).collect();
    for (key, row) in rows {
        let facts = &found[key];
        assert_eq!((&facts.card, facts.social_insurance), (&row.card, row.social_insurance));
        assert_eq!((facts.retired_on, facts.deceased_on), (row.retired_on, row.deceased_on));
        assert_eq!(facts.staff.as_deref(), row.staff);
    }
}

async fn seventy_thousand_rows_come_back_as_they_were_written(place: Place) {
    there_and_back(&place.store, &rows(0..70_000)).await;
    assert_eq!(place.count("SELECT COUNT(*) FROM facts").await, 70_000);
}

async fn blocks_are_cut_without_a_gap_and_without_an_overlap(place: Place) {
    // Written with 6 columns and 2 constants: SQLite's block ends at (32,766 - 2) / 6 = 5,460 rows, PostgreSQL's at 20,000.
    // Read with one column: SQLite's ends at 8,000.
    let mut first = 0;
    for count in [0, 1, 2, 5_460, 5_461, 8_000, 8_001, 20_001] {
        there_and_back(&place.store, &rows(first..first + count)).await;
        first += count;
    }
    assert_eq!(place.count("SELECT COUNT(*) FROM facts").await, i64::from(first));
}

async fn absent_ids_and_texts_stay_absent_in_every_block(place: Place) {
    let all: Vec<NewMessage> = (1..=25_000)
        .map(|number: u128| {
            let next = mail(1, 0).envelope.leads_to(id(number), &MailQueued { mail_id: id(9) }, at(0));
            let bare = Envelope { causation_id: None, traceparent: None, ..next.clone() };
            NewMessage { envelope: if number.is_multiple_of(3) { next } else { bare }, ..mail(number, 0) }
        })
        .collect();
    assert_eq!(kept!(place.store, unit => insert(&mut unit, &all)), 25_000);
    let claimed = kept!(place.store, unit => claim_due(&mut unit, id(0xA), Queue::Mails, 25_000, at(0)));
    assert!(claimed.iter().map(|job| &job.envelope).eq(all.iter().map(|row| &row.envelope)));
}

async fn absent_numbers_stay_absent_in_every_block(place: Place) {
    let org = add(&place.store, "31", None, "unit").await;
    let offered = |number: u128| (number.is_multiple_of(2)).then(|| id(number + 1_000_000));
    let new: Vec<NewUpload> = (1..=6_000)
        .map(|number: u128| NewUpload {
            id: id(number),
            kind: "members",
            org_id: (number.is_multiple_of(3)).then_some(org.id),
            account: "wang".to_owned(),
            data_type: (number.is_multiple_of(5)).then(|| "external".to_owned()),
            file_name: "名册.xlsx".to_owned(),
            object_key: String::new(),
            sha256: String::new(),
            size_bytes: i64::MAX,
            correlation_id: id(number),
            offer_id: offered(number),
            received_at: at(0),
        })
        .collect();
    assert_eq!(kept!(place.store, unit => uploads::insert(&mut unit, &new)), 6_000);
    let ids: Vec<Uuid> = new.iter().map(|upload| upload.id).collect();
    let found = seen!(place.store, view => uploads::find_many(&mut view, &ids));
    assert_eq!(found.len(), 6_000);
    for upload in found {
        let number = upload.id.as_u128();
        assert_eq!(
            (upload.org_id.is_some(), upload.data_type.is_some()),
            (number.is_multiple_of(3), number.is_multiple_of(5))
        );
        assert_eq!(upload.size_bytes, i64::MAX);
    }
    assert_eq!(place.count("SELECT COUNT(*) FROM uploads WHERE offer_id IS NULL").await, 3_000);
}
