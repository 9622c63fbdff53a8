//! Transfers and leavers: asked for, decided once, overtaken, moved with what is known of them, and on record.

use store::memberships::{self, MembershipData};
use store::moves::{self, By, Leave, Move};
use store::organizations::{self, Organization, OrganizationData, SealedOption};
use store::persons;
use store::transfers::{self, Decision, NewTransfer, Transfer, TransferSelection};
use store::{Store, StoreError};

use super::engines::{Place, at, id};
use super::organizations::{add, org};
use super::registry::{data, join, known, opened, sealed};

on_both_engines!(
    requests_are_listed_by_when_they_were_made,
    a_request_is_found_listed_and_decided_once,
    two_decisions_at_once_end_as_one,
    a_member_moves_with_what_is_known_and_what_the_request_says,
    a_member_who_leaves_stays_on_record_with_the_reason,
    what_overtakes_a_request_makes_it_void,
    who_moved_meanwhile_is_a_conflict_and_nobody_is_moved,
    temporary_unions_are_found_under_those_above,
);

/// A federation `1` with unions `11`, `12` and `13`; persons 1 to 3 are members of the first.
struct Scene {
    root: Organization,
    unions: [Organization; 3],
    people: [i64; 3],
}

async fn scene(store: &Store) -> Scene {
    let root = add(store, "1", None, "federation").await;
    let union = async |code| add(store, code, Some(&root), "unit").await;
    let unions = [union("11").await, union("12").await, union("13").await];
    join(store, &[1, 2, 3], &unions[0]).await;
    let person = async |number| known(store, number, &unions[0]).await.unwrap().person_id;
    let people = [person(1).await, person(2).await, person(3).await];
    Scene { root, unions, people }
}

impl Scene {
    fn wanted(&self, person: usize, to: usize, asked_by: &'static str) -> NewTransfer {
        let (from_org_id, to_org_id) = (self.unions[0].id, self.unions[to].id);
        let data = MembershipData { phone: sealed("13900000000"), ..MembershipData::default() };
        let reason = Some("调动".to_owned());
        NewTransfer { person_id: self.people[person], from_org_id, to_org_id, asked_by, reason, data }
    }

    async fn ask(&self, store: &Store, wanted: &[NewTransfer]) -> Vec<i64> {
        kept!(store, unit => transfers::request(&mut unit, wanted, "wang", Some(id(5)), at(2)))
    }

    async fn step(&self, store: &Store, person: usize, to: usize) -> Move {
        let now = seen!(store, view => moves::find_many(&mut view, &[self.people[person]])).remove(0);
        Move {
            person_id: now.person_id,
            membership_id: now.membership_id,
            from_code: now.org_code,
            to_org_id: self.unions[to].id,
            to_code: self.unions[to].code.clone(),
            data: MembershipData::default(),
        }
    }
}

const BY: By<'static> = By { account: "li", upload: None };

fn approved(id: i64) -> Decision {
    Decision { id, status: "approved", reason: None }
}

async fn statuses(store: &Store, ids: &[i64]) -> Vec<(i64, String)> {
    let mut found = seen!(store, view => transfers::find_many(&mut view, ids));
    found.sort_by_key(|transfer| transfer.id);
    found.into_iter().map(|transfer| (transfer.id, transfer.status)).collect()
}

async fn requests_are_listed_by_when_they_were_made(place: Place) {
    let store = &place.store;
    let scene = scene(store).await;
    let ids = scene.ask(store, &[scene.wanted(0, 1, "to"), scene.wanted(1, 1, "to")]).await;
    // One that was made before them and has come after.
    let wanted = [scene.wanted(2, 1, "to")];
    let late = kept!(store, unit => transfers::request(&mut unit, &wanted, "wang", None, at(1)))[0];
    let list = async |before, most| {
        let wanted = TransferSelection { before, ..TransferSelection::default() };
        let found: Vec<Transfer> = seen!(store, view => transfers::list(&mut view, &wanted, most));
        found.into_iter().map(|one| one.id).collect::<Vec<_>>()
    };
    assert_eq!(list(None, 9).await, [ids[1], ids[0], late]);
    assert_eq!((list(Some(ids[1]), 1).await, list(Some(ids[0]), 1).await), (vec![ids[0]], vec![late]));
    assert!(list(Some(late), 9).await.is_empty());
}

async fn a_request_is_found_listed_and_decided_once(place: Place) {
    let store = &place.store;
    let scene = scene(store).await;
    let ids = scene.ask(store, &[scene.wanted(0, 1, "to"), scene.wanted(1, 1, "from"), scene.wanted(0, 2, "to")]).await;
    assert_eq!(ids.len(), 3);
    assert!(seen!(store, view => transfers::find_many(&mut view, &[])).is_empty());
    let list = async |selection: TransferSelection, most| -> Vec<Transfer> {
        seen!(store, view => transfers::list(&mut view, &selection, most))
    };
    let all = list(TransferSelection::default(), 10).await;
    assert_eq!(all.iter().map(|one| one.id).rev().collect::<Vec<_>>(), ids, "the newest first");
    let one = &all[2];
    assert_eq!((one.from_code.as_str(), one.to_code.as_str(), one.status.as_str()), ("11", "12", "pending"));
    assert_eq!((one.account.as_str(), one.requested_at, one.upload_id), ("wang", at(2), Some(id(5))));
    assert_eq!((one.name.as_str(), one.reason.as_deref(), one.to_stands), ("测试1", Some("调动"), true));
    assert_eq!((opened(&one.data.phone).as_deref(), &one.data.employer), (Some("13900000000"), &None));
    assert_eq!((one.decider().0, one.asker().0), ("11", "12"), "the union that has the member decides on an import's");
    assert_eq!((all[1].decider().0, all[1].asker().0), ("12", "11"));
    let below = |org: &Organization| TransferSelection { below: Some(org.path.clone()), ..Default::default() };
    assert_eq!(list(below(&scene.root), 10).await.len(), 3);
    assert_eq!(list(below(&scene.unions[2]), 10).await.len(), 1);
    assert_eq!(list(below(&scene.unions[1]), 1).await.len(), 1);
    let before = TransferSelection { before: Some(ids[1]), ..below(&scene.unions[1]) };
    assert_eq!(list(before, 10).await[0].id, ids[0]);
    let asked = TransferSelection { asked_by: Some("from"), upload: Some(id(5)), ..Default::default() };
    assert_eq!(list(asked, 10).await[0].id, ids[1]);
    let other = TransferSelection { upload: Some(id(6)), ..Default::default() };
    assert!(list(other, 10).await.is_empty());
    let about = seen!(store, view => transfers::pending_of(&mut view, &[scene.people[0], scene.people[2]]));
    assert_eq!(about.len(), 2);

    let reject = Decision { id: ids[0], status: "rejected", reason: Some("查无此人".to_owned()) };
    let both = [reject.clone(), approved(99_999)];
    assert_eq!(kept!(store, unit => transfers::decide(&mut unit, &both, "li", at(4))), [ids[0]]);
    assert!(kept!(store, unit => transfers::decide(&mut unit, &[reject], "li", at(5))).is_empty(), "once");
    assert!(kept!(store, unit => transfers::decide(&mut unit, &[], "li", at(5))).is_empty());
    let one = seen!(store, view => transfers::find_many(&mut view, &ids[..1])).remove(0);
    assert_eq!((one.status.as_str(), one.decided_by.as_deref(), one.decided_at), ("rejected", Some("li"), Some(at(4))));
    assert_eq!(one.decision_reason.as_deref(), Some("查无此人"));
    let rejected = TransferSelection { status: Some("rejected".to_owned()), ..Default::default() };
    assert_eq!(list(rejected, 10).await.len(), 1);
    assert_eq!(scene.ask(store, &[scene.wanted(0, 1, "to")]).await.len(), 1, "what was rejected may be asked again");
}

async fn two_decisions_at_once_end_as_one(place: Place) {
    let scene = scene(&place.store).await;
    let ids = scene.ask(&place.store, &[scene.wanted(0, 1, "to"), scene.wanted(1, 1, "to")]).await;
    let decide = async |store: Store, numbers: Vec<i64>| {
        let mut unit = store.begin().await.unwrap();
        let pending = transfers::lock(&mut unit, &numbers).await.unwrap();
        let open: Vec<_> = pending.iter().filter(|one| one.status == "pending").map(|one| approved(one.id)).collect();
        let decided = transfers::decide(&mut unit, &open, "li", at(4)).await.unwrap();
        unit.commit().await.unwrap();
        decided.len()
    };
    let backwards = ids.iter().rev().copied().collect();
    let both = tokio::join!(decide(place.open(), ids.clone()), decide(place.open(), backwards));
    assert!(matches!(both, (2, 0) | (0, 2)), "{both:?}");
}

async fn a_member_moves_with_what_is_known_and_what_the_request_says(place: Place) {
    let store = &place.store;
    let scene = scene(store).await;
    let mut moves = [scene.step(store, 0, 1).await, scene.step(store, 1, 2).await];
    moves[0].data = MembershipData { phone: sealed("13900000000"), card_wanted: Some(false), ..Default::default() };
    let mut unit = store.begin().await.unwrap();
    let held = moves::lock(&mut unit, &[scene.people[1], scene.people[0], 99_999]).await.unwrap();
    assert_eq!(held.len(), 2);
    assert!(moves::relocate(&mut unit, &moves, BY, at(3)).await.unwrap().is_empty());
    assert!(moves::relocate(&mut unit, &[], BY, at(3)).await.unwrap().is_empty());
    unit.commit().await.unwrap();
    let now = known(store, 1, &scene.unions[1]).await.unwrap();
    let old = data();
    assert_eq!((now.org_id, opened(&now.phone).as_deref()), (Some(scene.unions[1].id), Some("13900000000")));
    assert_eq!((now.employer, now.label, now.household), (old.employer, old.label, old.household));
    assert_eq!((now.address, now.card_wanted, now.data_type), (old.address, Some(false), old.data_type));
    assert_eq!(known(store, 2, &scene.unions[2]).await.unwrap().org_id, Some(scene.unions[2].id));
    let stays = seen!(store, view => memberships::stays(&mut view, scene.people[0]));
    let line = |stay: &memberships::Stay| (stay.org_code.clone(), stay.since, stay.until, stay.end_reason.clone());
    assert_eq!(
        stays.iter().map(line).collect::<Vec<_>>(),
        [("11".to_owned(), at(1), Some(at(3)), Some("transferred".to_owned())), ("12".to_owned(), at(3), None, None)]
    );
    let history = seen!(store, view => persons::changes(&mut view, scene.people[0]));
    assert_eq!((history[0].field.as_str(), opened(&history[0].before).as_deref()), ("org", Some("11")));
    assert_eq!((opened(&history[0].after).as_deref(), history[0].account.as_str()), (Some("12"), "li"));
    // There and back within one instant: each stay is closed once.
    let back = scene.step(store, 0, 0).await;
    kept!(store, unit => moves::relocate(&mut unit, &[back], BY, at(3)));
    let again = scene.step(store, 0, 1).await;
    kept!(store, unit => moves::relocate(&mut unit, &[again], BY, at(3)));
    assert_eq!(seen!(store, view => memberships::stays(&mut view, scene.people[0])).len(), 4);
    let counts = seen!(store, view => memberships::count_in(&mut view, &[scene.unions[1].id]));
    assert_eq!(counts, [(scene.unions[1].id, 1)]);
}

async fn a_member_who_leaves_stays_on_record_with_the_reason(place: Place) {
    let store = &place.store;
    let scene = scene(store).await;
    let now = seen!(store, view => moves::find_many(&mut view, &scene.people[..1])).remove(0);
    let leave = Leave {
        person_id: now.person_id,
        membership_id: now.membership_id,
        from_code: now.org_code,
        reason: "retired",
        basis: "calendar",
    };
    let by = By { account: "li", upload: Some(id(7)) };
    kept!(store, unit => moves::end(&mut unit, std::slice::from_ref(&leave), by, at(3)), moves::end(&mut unit, &[], by, at(3)));
    let gone = known(store, 1, &scene.unions[0]).await.unwrap();
    assert_eq!((gone.person_id, gone.org_id, gone.membership_id), (scene.people[0], None, None));
    let stay = seen!(store, view => memberships::stays(&mut view, scene.people[0])).remove(0);
    assert_eq!((stay.until, stay.end_reason.as_deref()), (Some(at(3)), Some("retired")));
    assert_eq!((stay.end_basis.as_deref(), stay.org_path), (Some("calendar"), scene.unions[0].path.clone()));
    let history = seen!(store, view => persons::changes(&mut view, scene.people[0]));
    let line = |change: &persons::Change| (change.field.clone(), opened(&change.after), change.upload_id);
    let reason = Some("retired".to_owned());
    assert_eq!(
        history.iter().map(line).collect::<Vec<_>>(),
        [("org".to_owned(), None, Some(id(7))), ("end_reason".to_owned(), reason, Some(id(7)))]
    );
    let mut unit = store.begin().await.unwrap();
    let twice = moves::end(&mut unit, &[leave], by, at(4)).await;
    assert!(matches!(twice, Err(StoreError::Conflict(_))), "{twice:?}");
}

async fn what_overtakes_a_request_makes_it_void(place: Place) {
    let store = &place.store;
    let scene = scene(store).await;
    let wanted =
        [scene.wanted(0, 1, "to"), scene.wanted(0, 2, "to"), scene.wanted(1, 1, "to"), scene.wanted(2, 2, "to")];
    let ids = scene.ask(store, &wanted).await;
    let step = scene.step(store, 0, 1).await;
    let mut unit = store.begin().await.unwrap();
    let decided = transfers::decide(&mut unit, &[approved(ids[0])], "li", at(4)).await.unwrap();
    let void = moves::relocate(&mut unit, &[step], BY, at(4)).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!((decided, void), (vec![ids[0]], vec![ids[1]]));
    let people = [scene.people[1], scene.people[1]];
    assert_eq!(kept!(store, unit => transfers::void_of(&mut unit, &people, "x", "li", at(5))), [ids[2]]);
    assert!(kept!(store, unit => transfers::void_of(&mut unit, &people, "x", "li", at(5))).is_empty());
    assert_eq!(
        kept!(store, unit => transfers::void_into(&mut unit, scene.unions[2].id, "组织已撤销", "li", at(6))),
        [ids[3]]
    );
    let of: Vec<String> = statuses(store, &ids).await.into_iter().map(|(_, status)| status).collect();
    assert_eq!(of, ["approved", "void", "void", "void"]);
    assert_eq!(seen!(store, view => transfers::count_pending_into(&mut view, &scene.root.path)), 0);
}

async fn who_moved_meanwhile_is_a_conflict_and_nobody_is_moved(place: Place) {
    let scene = scene(&place.store).await;
    let moves = [scene.step(&place.store, 0, 1).await, scene.step(&place.store, 1, 1).await];
    let relocate = async |store: Store, moves: Vec<Move>| -> Result<(), StoreError> {
        let mut unit = store.begin().await?;
        organizations::lock(&mut unit, &[scene.unions[0].id, scene.unions[1].id]).await?;
        moves::relocate(&mut unit, &moves, BY, at(3)).await?;
        unit.commit().await
    };
    let both = tokio::join!(
        relocate(place.open(), moves.to_vec()),
        relocate(place.open(), moves.iter().rev().cloned().collect())
    );
    match both {
        (Ok(()), Err(StoreError::Conflict(said))) | (Err(StoreError::Conflict(said)), Ok(())) => {
            assert!(!said.contains("40P01"), "no deadlock: {said}");
        }
        other => panic!("one of two is in the way of the other: {other:?}"),
    }
    assert_eq!(seen!(&place.store, view => memberships::stays(&mut view, scene.people[0])).len(), 2);
}

async fn temporary_unions_are_found_under_those_above(place: Place) {
    let store = &place.store;
    let scene = scene(store).await;
    let kind = |code: &str, kind: &str| OrganizationData {
        kind: Some(kind.to_owned()),
        phone: SealedOption(None),
        ..org(code, Some(&scene.root), "grassroots")
    };
    let new = [kind("14", "临时工会"), kind("15", "单独基层工会"), kind("16", " 临 时工会")];
    kept!(store, unit => organizations::insert(&mut unit, &new, at(1)));
    let found = seen!(store, view => organizations::temporaries_under(&mut view, &[scene.root.id, scene.root.id]));
    let mut codes: Vec<_> = found.into_iter().map(|org| org.code).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["14", "16"]);
    assert!(seen!(store, view => organizations::temporaries_under(&mut view, &[scene.unions[0].id])).is_empty());
}
