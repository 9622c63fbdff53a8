//! Taking an import of members back as one act: what it added ends, what it changed is put back, what it asked for is void;
//! refused by name where something came after it (decision 49).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{import::Afterwards, mask, role::Act, template::TemplateKind, upload::UploadStatus};
use mail::template::{Figure, UploadLetter};
use runtime::shanghai_time;
use serde::Serialize;
use store::{
    Session, StoreError, Unit, Vault,
    imports::{self, Added, Before, Changed, Requested, UNDONE},
    memberships::MembershipData,
    organizations::{Organization, SealedOption},
    persons::NewChange,
    uploads::Upload,
};
use uuid::Uuid;

use crate::{Bell, Cause, Chain, Desk, DeskError, Letter, Matter, Moment, Outbox, Reader, Refusal};

/// Why the requests of an import that was taken back are void.
const VOID_ZH: &str = "导入已撤销，申请自动失效";
/// People that a refusal names.
const NAMED: usize = 20;

/// An import that is, or would be, taken back; as `upload undo` prints it. Fields may be added, these stay.
#[derive(Debug, Clone, Serialize)]
pub struct TakeBack {
    /// The upload.
    pub id: Uuid,
    /// Whether it was done; false in a preview.
    pub undone: bool,
    /// When.
    pub undone_at: Option<DateTime<Utc>>,
    /// Members whose membership ends.
    pub added: usize,
    /// Members of whom something is put back.
    pub changed: usize,
    /// Requests to move in that become void.
    pub requests: usize,
    /// The same union by union.
    pub unions: Vec<TakeBackUnion>,
    /// Those of whom something came after it; with any, nothing is taken back.
    pub refused: Vec<BuiltOn>,
}

/// What is taken back in one union.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TakeBackUnion {
    /// The union's number.
    pub org: String,
    /// Members whose membership ends.
    pub added: usize,
    /// Members of whom something is put back.
    pub changed: usize,
    /// Requests to move in that become void.
    pub requests: usize,
}

/// Somebody of whom something came after the import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BuiltOn {
    /// The member's number.
    pub member_no: String,
    /// The name.
    pub name: String,
    /// The document's number, masked.
    pub id_masked: String,
    /// What came after, as a code.
    pub code: &'static str,
    /// The same for the clerk.
    pub message: &'static str,
}

/// All that an import has brought, and what came after.
struct Brought {
    added: Vec<Added>,
    changed: Vec<Changed>,
    requested: Vec<Requested>,
    refused: Vec<BuiltOn>,
}

impl Brought {
    async fn read(session: &mut impl Session, upload: &Upload) -> Result<Self, DeskError> {
        let added = imports::added(session, upload.id).await?;
        let changed = imports::changed(session, upload.id).await?;
        let requested = imports::requested(session, upload.id).await?;
        let mut brought = Self { added, changed, requested, refused: Vec::new() };
        brought.refused = brought.built_on(session, upload).await?;
        Ok(brought)
    }

    /// Whoever has something that came after, each once.
    async fn built_on(&self, session: &mut impl Session, upload: &Upload) -> Result<Vec<BuiltOn>, DeskError> {
        let vault = session.vault();
        let mut found: BTreeMap<i64, Afterwards> = BTreeMap::new();
        for one in self.added.iter().filter(|one| !one.is_open) {
            found.insert(one.person_id, Afterwards::of_ending(one.end_reason.as_deref()));
        }
        for one in self.changed.iter().filter(|one| one.membership_id.is_none()) {
            found.entry(one.person_id).or_insert(Afterwards::Removed);
        }
        for one in self.requested.iter().filter(|one| one.status == "approved") {
            found.entry(one.person_id).or_insert(Afterwards::Transfer);
        }
        let here = self.added.iter().map(|one| (one.person_id, one.org_id));
        let there = self.changed.iter().filter_map(|one| Some((one.person_id, one.org_id?)));
        let people: BTreeSet<(i64, i64)> = here.chain(there).collect();
        let people: Vec<_> = people.into_iter().collect();
        let done = upload.finished_at.unwrap_or(upload.received_at);
        for later in imports::later(session, upload.id, &people, done).await? {
            let what = Afterwards::parse(&later.what).unwrap_or(Afterwards::Changed);
            found.entry(later.person_id).or_insert(what);
        }
        let mut named = HashMap::new();
        let added = self.added.iter().map(|one| (one.person_id, &one.name, &one.doc_number));
        let changed = self.changed.iter().map(|one| (one.person_id, &one.name, &one.doc_number));
        let requested = self.requested.iter().map(|one| (one.person_id, &one.name, &one.doc_number));
        for (person, name, number) in added.chain(changed).chain(requested) {
            named.entry(person).or_insert((name, number));
        }
        let built = found.into_iter().filter_map(|(person, what)| Some((person, what, *named.get(&person)?)));
        built
            .map(|(person, what, (name, number))| {
                let number = vault.open(number).map_err(StoreError::from)?;
                Ok(BuiltOn {
                    member_no: crate::year::member_no(person),
                    name: name.clone(),
                    id_masked: mask::mask_number(&number),
                    code: what.name(),
                    message: what.name_zh(),
                })
            })
            .collect()
    }

    fn people_changed(&self) -> BTreeSet<i64> {
        self.changed.iter().map(|one| one.person_id).collect()
    }

    fn pending(&self) -> impl Iterator<Item = &Requested> {
        self.requested.iter().filter(|one| one.status == "pending")
    }

    /// The unions concerned, in the order of their ids.
    fn orgs(&self) -> Vec<i64> {
        let added = self.added.iter().map(|one| one.org_id);
        let changed = self.changed.iter().filter_map(|one| one.org_id);
        let requested = self.requested.iter().flat_map(|one| [one.from_org_id, one.org_id]);
        let all: BTreeSet<i64> = added.chain(changed).chain(requested).collect();
        all.into_iter().collect()
    }

    /// The places of the unions whose members or requests these are.
    fn paths(&self) -> BTreeSet<&str> {
        let added = self.added.iter().map(|one| one.org_path.as_str());
        let changed = self.changed.iter().filter_map(|one| one.org_path.as_deref());
        added.chain(changed).chain(self.requested.iter().map(|one| one.org_path.as_str())).collect()
    }

    fn view(&self, id: Uuid, undone_at: Option<DateTime<Utc>>) -> TakeBack {
        let mut unions: BTreeMap<&str, TakeBackUnion> = BTreeMap::new();
        for one in &self.added {
            unions.entry(&one.org_code).or_default().added += 1;
        }
        let changed: BTreeSet<(&str, i64)> =
            self.changed.iter().filter_map(|one| Some((one.org_code.as_deref()?, one.person_id))).collect();
        for (org, _) in changed {
            unions.entry(org).or_default().changed += 1;
        }
        for one in self.pending() {
            unions.entry(&one.org_code).or_default().requests += 1;
        }
        TakeBack {
            id,
            undone: undone_at.is_some(),
            undone_at,
            added: self.added.len(),
            changed: self.people_changed().len(),
            requests: self.pending().count(),
            unions: unions.into_iter().map(|(org, of)| TakeBackUnion { org: org.to_owned(), ..of }).collect(),
            refused: self.refused.clone(),
        }
    }

    /// What each membership was before the first change of each field.
    fn before(&self, vault: &Vault) -> Result<Vec<Before>, StoreError> {
        let mut memberships: BTreeMap<i64, Before> = BTreeMap::new();
        for one in &self.changed {
            let Some(membership_id) = one.membership_id else { continue };
            let of = memberships.entry(membership_id).or_insert_with(|| Before { membership_id, ..Before::default() });
            if of.fields.contains(&one.field) {
                continue;
            }
            put_back(vault, &mut of.data, one)?;
            of.fields.push(one.field.clone());
        }
        Ok(memberships.into_values().collect())
    }

    /// The history of what is taken back: the same fields the other way round, and the end of what was added.
    fn history(&self, vault: &Vault) -> Result<Vec<NewChange>, StoreError> {
        let mut changes = Vec::new();
        for one in &self.added {
            let field =
                |field, before: SealedOption, after| NewChange { person_id: one.person_id, field, before, after };
            changes.push(field("org", SealedOption(Some(vault.seal(&one.org_code)?)), SealedOption(None)));
            changes.push(field("end_reason", SealedOption(None), SealedOption(Some(vault.seal(UNDONE)?))));
        }
        for one in &self.changed {
            let Some(field) = field_of(&one.field) else { continue };
            let (before, after) = (one.after.clone(), one.before.clone());
            changes.push(NewChange { person_id: one.person_id, field, before, after });
        }
        Ok(changes)
    }
}

/// The fields that an import changes.
const FIELDS: [&str; 7] = ["phone", "employer", "label", "household", "address", "wants_card", "data_type"];

fn field_of(name: &str) -> Option<&'static str> {
    FIELDS.into_iter().find(|field| *field == name)
}

/// Writes what a field was into the data of its membership.
fn put_back(vault: &Vault, data: &mut MembershipData, one: &Changed) -> Result<(), StoreError> {
    let text = one.before.0.as_ref().map(|sealed| vault.open(sealed)).transpose()?;
    match one.field.as_str() {
        "phone" => data.phone = one.before.clone(),
        "employer" => data.employer = text,
        "label" => data.label = text,
        "household" => data.household = text,
        "address" => data.address = text,
        "wants_card" => data.card_wanted = text.map(|word| word == "是"),
        _ => data.data_type = text,
    }
    Ok(())
}

impl Desk {
    /// What taking an import back would do, or what stands against it.
    pub async fn preview_take_back(&self, account: &str, id: Uuid) -> Result<TakeBack, DeskError> {
        let upload = self.may_take_back(account, id).await?;
        let mut session = self.store.view().await?;
        let brought = Brought::read(&mut session, &upload).await?;
        self.reaches(account, &mut session, &brought).await?;
        Ok(brought.view(id, None))
    }

    /// Takes an import back, whole or not at all. Work on its unions waits meanwhile, and sees all of it or nothing.
    pub async fn take_back(&self, account: &str, id: Uuid) -> Result<(TakeBack, Vec<Bell>), DeskError> {
        let upload = self.may_take_back(account, id).await?;
        let org = upload.org_code.as_deref();
        let mut unit = self.store.begin().await?;
        let moment = self.moment();
        if !imports::mark(&mut unit, id, account, moment.business).await? {
            return Err(already(id).into());
        }
        let orgs = Brought::read(&mut unit, &upload).await?.orgs();
        store::organizations::lock(&mut unit, &orgs).await?;
        let brought = Brought::read(&mut unit, &upload).await?;
        self.reaches(account, &mut unit, &brought).await?;
        if !brought.refused.is_empty() {
            unit.rollback().await?;
            return Err(self.refused(account, Act::UndoUpload, org, built_on(&brought.refused)).await?);
        }
        let mut outbox = Outbox::new();
        self.write_take_back(&mut unit, &mut outbox, account, &upload, &brought, moment).await?;
        let bells = outbox.write(&mut unit).await?;
        runtime::fail_point("before-undo");
        unit.commit().await?;
        Ok((brought.view(id, Some(moment.business)), bells))
    }

    async fn write_take_back(
        &self,
        unit: &mut Unit,
        outbox: &mut Outbox,
        account: &str,
        upload: &Upload,
        brought: &Brought,
        moment: Moment,
    ) -> Result<(), DeskError> {
        let vault = unit.vault();
        let now = moment.business;
        let memberships: Vec<i64> = brought.added.iter().map(|one| one.membership_id).collect();
        imports::close(unit, &memberships, now).await?;
        imports::restore(unit, &brought.before(&vault)?, now).await?;
        let changes = brought.history(&vault)?;
        store::persons::record_changes(unit, &changes, account, Some(upload.id), now).await?;
        let void = imports::void_requests(unit, upload.id, VOID_ZH, account, now).await?;
        self.tell_void(unit, &void, Chain::Act, moment, outbox).await?;
        let org = match upload.org_id {
            Some(org) => store::organizations::get(unit, org).await?,
            None => store::organizations::root(unit).await?,
        };
        let letter = letter(upload, org.as_ref(), brought, self.id(moment), moment);
        self.post(unit, outbox, &[letter], moment).await?;
        let outcome = format!(
            "done: added {}, changed {}, requests {}",
            brought.added.len(),
            brought.people_changed().len(),
            void.len()
        );
        let about = Some(format!("upload:{}", upload.id));
        let act = self.act(account, Act::UndoUpload.name(), upload.org_code.as_deref(), about, outcome);
        Ok(store::audit::record(unit, &[act]).await?)
    }

    /// The upload, where it is an import that can be taken back still.
    async fn may_take_back(&self, account: &str, id: Uuid) -> Result<Upload, DeskError> {
        let upload = self.upload_for(account, Act::UndoUpload, id).await?;
        let refusal = if upload.kind != TemplateKind::Members.name() {
            let message = format!("this is an upload of {}: imports of members alone are taken back", upload.kind);
            Refusal::new("not-an-import", message, "what a later file says of the same counts")
        } else if upload.undone_at.is_some() {
            already(id)
        } else if upload.status != UploadStatus::Done.name() {
            let message = format!("the upload is not done, it is {}: there is nothing to take back", upload.status);
            Refusal::new("not-done", message, "a held one is discarded: rollcall upload discard")
        } else if self.clock.business_now() >= upload.received_at + TimeDelta::days(self.settings.undo_days.into()) {
            let message = format!("an import is taken back within {} days of its receipt", self.settings.undo_days);
            Refusal::new("too-late", message, "members are moved or removed one by one: rollcall member")
        } else {
            return Ok(upload);
        };
        Err(self.refused(account, Act::UndoUpload, upload.org_code.as_deref(), refusal).await?)
    }

    /// Whether the account's right reaches every union of the import.
    async fn reaches(&self, account: &str, session: &mut impl Session, brought: &Brought) -> Result<(), DeskError> {
        let reach = self.reach(session, account, Act::UndoUpload).await?;
        if brought.paths().into_iter().all(|path| reach.covers(path)) {
            return Ok(());
        }
        let message =
            format!("account {account} may not do this for every union of the import ({})", Act::UndoUpload.name());
        Err(Refusal::new("no-right", message, "it takes a role above all of them: rollcall account grant").into())
    }
}

fn already(id: Uuid) -> Refusal {
    Refusal::new(
        "already-undone",
        "the import was taken back before",
        format!("uploading the file again brings it back; rollcall upload show {id} tells when it was undone"),
    )
}

/// What came after, by name.
fn built_on(refused: &[BuiltOn]) -> Refusal {
    let one = |one: &BuiltOn| format!("{} {} {} ({})", one.member_no, one.name, one.id_masked, one.code);
    let named: Vec<String> = refused.iter().take(NAMED).map(one).collect();
    let rest = refused.len().saturating_sub(NAMED);
    let more = if rest > 0 { format!(", and {rest} more") } else { String::new() };
    Refusal::new(
        "built-on",
        format!("something came after the import, so nothing is taken back: {}{more}", named.join(", ")),
        "what came after is undone first (a submission is returned), or members are put right one by one: rollcall member",
    )
}

/// To the union, and to whoever uploaded: it was taken back.
fn letter(upload: &Upload, org: Option<&Organization>, brought: &Brought, chain: Uuid, moment: Moment) -> Letter {
    let figure = |label: &str, value: String| Figure { label: label.to_owned(), value };
    let data = UploadLetter {
        upload_id: upload.id,
        kind_title: TemplateKind::Members.title_zh().to_owned(),
        org_code: org.map(|org| org.code.clone()).unwrap_or_default(),
        org_name: org.map(|org| org.name.clone()).unwrap_or_default(),
        file_name: upload.file_name.clone(),
        received_at: shanghai_time(upload.received_at),
        counts: None,
        finding_counts: Vec::new(),
        findings: Vec::new(),
        reason: None,
        figures: vec![
            figure("撤销时间", shanghai_time(moment.business)),
            figure("撤回新增会员", format!("{} 人", brought.added.len())),
            figure("恢复原信息", format!("{} 人", brought.people_changed().len())),
            figure("撤回转入申请", format!("{} 件", brought.pending().count())),
        ],
        attached: false,
        unread: Vec::new(),
    };
    let letter = Letter::new("upload-undone", Matter::Upload(upload.id), 1, &data, Cause::Chain(chain));
    let letter = letter.to(Reader::account(&upload.account, org));
    org.into_iter().fold(letter, |letter, org| letter.of(org).to(Reader::org(org)))
}
