//! Uploads: accepted once, settled while open, held ones decided by a person, dead ones failed and reopened.

use messages::Queue;
use store::messages::{DeadSelection, bury, claim_named, discard, replay};
use store::uploads::{
    Ending, NewUpload, RowCounts, UploadSelection, discard_held, fail_dead, find, find_many, insert, known, list,
    lock_open, release_held, reopen_replayed, settle,
};
use store::{Store, settings};
use uuid::Uuid;

use super::engines::{Place, at, id, message, put};
use super::organizations::add;

on_both_engines!(
    an_upload_comes_back_as_it_was_accepted,
    an_offer_is_accepted_once,
    an_ending_is_written_whole,
    an_ending_names_the_organization_of_a_file_that_named_none,
    only_what_is_open_can_be_locked,
    units_on_one_upload_wait_for_each_other,
    a_held_upload_is_decided_once,
    uploads_are_listed_by_place_and_status,
    an_upload_whose_message_is_dead_fails_and_is_reopened_by_a_replay,
);

fn upload(number: u128, org_id: Option<i64>) -> NewUpload {
    NewUpload {
        id: id(number),
        kind: "members",
        org_id,
        account: "wang".to_owned(),
        data_type: Some("external".to_owned()),
        file_name: "名册 1.xlsx".to_owned(),
        object_key: format!("uploads/20231114/{}.original", id(number)),
        sha256: "ab".repeat(32),
        size_bytes: 1 << 40,
        correlation_id: id(number + 1_000),
        offer_id: None,
        received_at: at(5),
    }
}

pub fn ending(number: u128, status: &'static str) -> Ending {
    Ending {
        id: id(number),
        status,
        reason_code: None,
        reason: None,
        counts: RowCounts::default(),
        findings: "[]".to_owned(),
        finding_counts: "{}".to_owned(),
        result_key: None,
        rejected_key: None,
        org_id: None,
        finished_at: at(60),
    }
}

pub async fn accept(store: &Store, numbers: &[u128]) {
    let new: Vec<_> = numbers.iter().map(|number| upload(*number, None)).collect();
    assert_eq!(kept!(store, unit => insert(&mut unit, &new)), numbers.len() as u64);
}

async fn status(store: &Store, number: u128) -> String {
    seen!(store, view => find(&mut view, id(number))).unwrap().status
}

async fn an_upload_comes_back_as_it_was_accepted(place: Place) {
    let store = &place.store;
    let org = add(store, "31", None, "federation").await;
    let new = upload(1, Some(org.id));
    kept!(store, unit => insert(&mut unit, &[new.clone(), upload(2, None)]));
    let found = seen!(store, view => find(&mut view, id(1))).unwrap();
    assert_eq!((found.kind.as_str(), found.org_id, found.org_code.as_deref()), ("members", Some(org.id), Some("31")));
    assert_eq!((found.org_name, found.account, found.data_type), (Some(org.name), new.account, new.data_type));
    assert_eq!((found.file_name, found.object_key), (new.file_name, new.object_key));
    assert_eq!((found.sha256, found.size_bytes), (new.sha256, new.size_bytes));
    assert_eq!((found.status.as_str(), found.reason_code, found.reason), ("received", None, None));
    assert_eq!(
        (found.counts, found.findings.as_str(), found.finding_counts.as_str()),
        (RowCounts::default(), "[]", "{}")
    );
    assert_eq!((found.result_key, found.rejected_key, found.correlation_id), (None, None, id(1_001)));
    assert_eq!((found.received_at, found.finished_at, found.released_by), (at(5), None, None));
    let bare = seen!(store, view => find(&mut view, id(2))).unwrap();
    assert_eq!((bare.org_id, bare.org_code, bare.org_name), (None, None, None));
    assert!(seen!(store, view => find(&mut view, id(77))).is_none());
    let mut both: Vec<Uuid> =
        seen!(store, view => find_many(&mut view, &[id(2), id(1), id(77)])).into_iter().map(|found| found.id).collect();
    both.sort_unstable();
    assert_eq!(both, [id(1), id(2)]);
    assert_eq!(seen!(store, view => known(&mut view, &[id(77), id(2)])), [id(2)]);
}

async fn an_offer_is_accepted_once(place: Place) {
    let store = &place.store;
    let offered = |number| NewUpload { offer_id: Some(id(500)), ..upload(number, None) };
    assert_eq!(kept!(store, unit => insert(&mut unit, &[offered(1)])), 1);
    assert_eq!(kept!(store, unit => insert(&mut unit, &[offered(2), upload(3, None)])), 1);
    assert_eq!(kept!(store, unit => insert(&mut unit, &[upload(3, None)])), 0);
    assert_eq!(kept!(store, unit => insert(&mut unit, &[])), 0);
    assert!(seen!(store, view => find(&mut view, id(2))).is_none());
}

async fn an_ending_is_written_whole(place: Place) {
    let store = &place.store;
    accept(store, &[1, 2]).await;
    let counts = RowCounts {
        read: 21,
        accepted: 1,
        unchanged: 2,
        rejected: 4,
        duplicate: 14,
        transfers: 1,
        content: 40,
        headings: 2,
        skipped: 7,
        not_read: 10,
    };
    let text = |text: &str| Some(text.to_owned());
    let held = Ending {
        reason_code: text("headcount"),
        reason: text("人数变化过大"),
        counts,
        findings: "[{}]".to_owned(),
        finding_counts: "{\"id-check\":4}".to_owned(),
        result_key: text("uploads/r.xlsx"),
        rejected_key: text("uploads/x.xlsx"),
        ..ending(1, "held")
    };
    kept!(store, unit => settle(&mut unit, &[held, ending(2, "done")]), settle(&mut unit, &[]));
    let found = seen!(store, view => find(&mut view, id(1))).unwrap();
    assert_eq!((found.status.as_str(), found.counts), ("held", counts));
    assert_eq!((found.reason_code.as_deref(), found.reason.as_deref()), (Some("headcount"), Some("人数变化过大")));
    assert_eq!((found.findings.as_str(), found.finding_counts.as_str()), ("[{}]", "{\"id-check\":4}"));
    assert_eq!(found.result_key.as_deref(), Some("uploads/r.xlsx"));
    assert_eq!((found.rejected_key.as_deref(), found.finished_at), (Some("uploads/x.xlsx"), Some(at(60))));
    assert_eq!(status(store, 2).await, "done");
}

async fn an_ending_names_the_organization_of_a_file_that_named_none(place: Place) {
    let store = &place.store;
    let (one, other) = (add(store, "31", None, "unit").await, add(store, "32", None, "unit").await);
    kept!(store, unit => insert(&mut unit, &[upload(1, None), upload(2, Some(one.id))]));
    let endings = [1, 2].map(|number| Ending { org_id: Some(other.id), ..ending(number, "done") });
    kept!(store, unit => settle(&mut unit, &endings));
    let org = async |number| seen!(store, view => find(&mut view, id(number))).unwrap().org_code;
    assert_eq!((org(1).await.as_deref(), org(2).await.as_deref()), (Some("32"), Some("31")));
    kept!(store, unit => settle(&mut unit, &[ending(1, "done")]));
    assert_eq!(org(1).await.as_deref(), Some("32"), "none leaves it");
}

async fn only_what_is_open_can_be_locked(place: Place) {
    let store = &place.store;
    accept(store, &[1, 2, 3, 4, 5, 6]).await;
    let statuses = [(2, "running"), (3, "done"), (4, "held"), (5, "rejected"), (6, "failed")];
    kept!(store, unit => settle(&mut unit, &statuses.map(|(number, status)| ending(number, status))));
    let all: Vec<Uuid> = [6, 5, 4, 3, 2, 1, 2, 77].map(id).to_vec();
    assert_eq!(kept!(store, unit => lock_open(&mut unit, &all)), [id(1), id(2)]);
    assert!(kept!(store, unit => lock_open(&mut unit, &[])).is_empty());
}

async fn units_on_one_upload_wait_for_each_other(place: Place) {
    accept(&place.store, &[1]).await;
    let mut first = place.store.begin().await.unwrap();
    assert_eq!(lock_open(&mut first, &[id(1)]).await.unwrap(), [id(1)]);
    let other = place.open();
    let second = tokio::spawn(async move {
        let mut unit = other.begin().await.unwrap();
        let open = lock_open(&mut unit, &[id(1)]).await.unwrap();
        (open, settings::find(&mut unit, "first").await.unwrap())
    });
    place.until_somebody_waits().await;
    settings::put(&mut first, "first", "done").await.unwrap();
    settle(&mut first, &[ending(1, "done")]).await.unwrap();
    first.commit().await.unwrap();
    assert_eq!(second.await.unwrap(), (vec![], Some("done".to_owned())), "it is not open any more");
}

async fn a_held_upload_is_decided_once(place: Place) {
    let store = &place.store;
    accept(store, &[1, 2, 3]).await;
    let held = |number| Ending { reason: Some("人数变化过大".to_owned()), ..ending(number, "held") };
    kept!(store, unit => settle(&mut unit, &[held(1), held(2)]));
    let release = async |number| kept!(store, unit => release_held(&mut unit, id(number), "li", at(70)));
    let discard = async |number, why: &str| kept!(store, unit => discard_held(&mut unit, id(number), "discarded", why, "li", at(70)));
    assert!(release(1).await);
    assert!(!discard(1, "晚了").await);
    assert!(discard(2, "作废").await);
    assert!(!release(3).await, "it was not held");
    let released = seen!(store, view => find(&mut view, id(1))).unwrap();
    assert_eq!((released.status.as_str(), released.released_by.as_deref()), ("received", Some("li")));
    assert_eq!(released.reason.as_deref(), Some("人数变化过大"));
    let discarded = seen!(store, view => find(&mut view, id(2))).unwrap();
    assert_eq!((discarded.status.as_str(), discarded.reason.as_deref()), ("rejected", Some("作废")));
    assert_eq!((discarded.reason_code.as_deref(), discarded.finished_at), (Some("discarded"), Some(at(70))));
    assert_eq!((discarded.counts.read, discarded.counts.accepted), (0, 0), "nothing of it was taken");
}

async fn uploads_are_listed_by_place_and_status(place: Place) {
    let store = &place.store;
    let root = add(store, "1", None, "federation").await;
    let unit = add(store, "11", Some(&root), "unit").await;
    let other = add(store, "12", Some(&root), "unit").await;
    let new = [upload(1, Some(unit.id)), upload(2, Some(other.id)), upload(3, None), upload(4, Some(unit.id))];
    kept!(store, unit => insert(&mut unit, &new), settle(&mut unit, &[ending(4, "done")]));
    let listed = async |below: Option<&str>, status: Option<&str>, most| {
        let wanted = UploadSelection { below: below.map(str::to_owned), status: status.map(str::to_owned) };
        let found = seen!(store, view => list(&mut view, &wanted, most));
        found.into_iter().map(|found| found.id.as_u128()).collect::<Vec<_>>()
    };
    assert_eq!(listed(None, None, 9).await, [4, 3, 2, 1], "the newest first");
    assert_eq!(listed(None, None, 2).await, [4, 3]);
    assert_eq!(listed(Some(&root.path), None, 9).await, [4, 2, 1], "the file without an organization is nobody's");
    assert_eq!(listed(Some(&unit.path), None, 9).await, [4, 1]);
    assert_eq!(listed(Some(&unit.path), Some("done"), 9).await, [4]);
    assert_eq!(listed(None, Some("received"), 9).await, [3, 2, 1]);
    // A machine whose clock is fast makes ids of the future: what was received first stays the first.
    let fast = NewUpload { received_at: at(1), ..upload(9, None) };
    kept!(store, unit => insert(&mut unit, &[fast]));
    assert_eq!(listed(None, None, 9).await, [4, 3, 2, 1, 9]);
}

async fn an_upload_whose_message_is_dead_fails_and_is_reopened_by_a_replay(place: Place) {
    let store = &place.store;
    accept(store, &[1, 2, 3]).await;
    let chain = |upload: u128, number: u128, queue| {
        let mut new = message(queue, number, 0);
        new.envelope.correlation_id = id(upload + 1_000);
        new
    };
    // 1: its message dies. 2: one dies, another still waits. 3: only its mail dies.
    let new = [
        chain(1, 11, Queue::Uploads),
        chain(2, 21, Queue::UploadsLarge),
        chain(2, 22, Queue::UploadsLarge),
        chain(3, 31, Queue::Mails),
    ];
    put(store, &new).await;
    let dying = [id(11), id(21), id(31)];
    kept!(store, unit => claim_named(&mut unit, id(0xA), &dying, at(0)));
    assert!(kept!(store, unit => fail_dead(&mut unit, "请联系管理员", at(9))).is_empty());
    for message in dying {
        kept!(store, unit => bury(&mut unit, id(0xA), message, at(9), "no"));
    }
    assert_eq!(kept!(store, unit => fail_dead(&mut unit, "请联系管理员", at(9))), [id(1)]);
    assert!(kept!(store, unit => fail_dead(&mut unit, "请联系管理员", at(9))).is_empty());
    let failed = seen!(store, view => find(&mut view, id(1))).unwrap();
    assert_eq!((failed.status.as_str(), failed.reason_code.as_deref()), ("failed", Some("internal")));
    assert_eq!((failed.reason.as_deref(), failed.finished_at), (Some("请联系管理员"), Some(at(9))));
    assert_eq!(kept!(store, unit => reopen_replayed(&mut unit)), 0);
    let selection = DeadSelection { id: Some(id(11)), ..DeadSelection::default() };
    kept!(store, unit => replay(&mut unit, &selection, at(20)));
    assert_eq!(kept!(store, unit => reopen_replayed(&mut unit)), 1);
    let open = seen!(store, view => find(&mut view, id(1))).unwrap();
    assert_eq!((open.status.as_str(), open.reason, open.finished_at), ("received", None, None));
    // What a person discards is settled without having failed again.
    kept!(store, unit => claim_named(&mut unit, id(0xA), &[id(11)], at(20)));
    kept!(store, unit => bury(&mut unit, id(0xA), id(11), at(21), "no"), discard(&mut unit, &selection, at(22)));
    assert!(kept!(store, unit => fail_dead(&mut unit, "请联系管理员", at(23))).is_empty());
}
