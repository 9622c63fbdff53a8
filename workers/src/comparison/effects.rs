//! Effects: what the choices of a workbook come to, item by item, gathered for a few statements.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use desk::{Asked, ask_step, leave};
use domain::{
    comparison::{Choice, Class, Suggestion, Written},
    leaving::Contradiction,
    person::Sex,
    transfer::{Side, Step, Unfit},
};
use store::{
    StoreError, Vault,
    comparison_items::{Item, ItemEnding},
    memberships::{Member, MembershipData},
    moves::Leave,
    organizations::{Organization, SealedOption},
    persons::{Correction, NewChange},
    transfers::{NewTransfer, Transfer},
};

use super::{
    choices::Chosen,
    items::{Detail, Field},
};
use crate::WorkError;

/// Why the request to move stands in the history of leavers.
const LEFT_ZH: &str = "会员比对：名单中已无此人";
/// Why another union is asked for somebody.
const CLAIMED_ZH: &str = "会员比对：名单中有此人";

/// What is known when choices are carried out; all of it held for the unit.
pub(super) struct Known {
    /// By number.
    pub items: HashMap<i64, Item>,
    /// Numbers of items whose member has changed since.
    pub stale: HashSet<i64>,
    /// Members by person.
    pub members: HashMap<i64, Member>,
    /// The 临时工会 for leavers of a place in the tree.
    pub temporaries: HashMap<String, Organization>,
    /// Pending requests about these people.
    pub pending: Vec<Transfer>,
    /// Parts of the roster were not read: nobody is moved or removed for not being in it.
    pub partly_read: bool,
    /// The union that compared.
    pub org: Organization,
    /// The business day of the request.
    pub today: NaiveDate,
}

/// What became of one choice.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    /// The item.
    pub number: i64,
    /// The word that the clerk wrote.
    pub word: String,
    /// `done`, `refused`, or `unchanged` where it had been done before.
    pub became: &'static str,
    /// Code of a refusal.
    pub code: Option<&'static str>,
    /// The choice, where the word is one.
    pub choice: Option<Choice>,
}

/// Everything that is to be written.
#[derive(Default)]
pub(super) struct Effects {
    pub outcomes: Vec<Outcome>,
    pub moves: Vec<Asked>,
    pub leaves: Vec<Leave>,
    pub claims: Vec<NewTransfer>,
    pub corrections: Vec<Correction>,
    pub updates: Vec<(i64, MembershipData)>,
    pub changes: Vec<NewChange>,
}

/// Decides on every choice.
pub(super) fn decide(chosen: &BTreeMap<i64, Chosen>, known: &Known, vault: &Vault) -> Result<Effects, WorkError> {
    let mut effects = Effects::default();
    for (number, chosen) in chosen {
        let word = match chosen {
            Chosen::Word(word) => word.clone(),
            Chosen::Twice => String::new(),
        };
        let mut outcome = Outcome { number: *number, word, became: "refused", code: None, choice: None };
        let item = known.items.get(number);
        let class = item.and_then(|item| Class::parse(&item.class));
        let written = match (chosen, class) {
            (Chosen::Twice, _) => Err("stated-twice"),
            (_, None) => Err("unknown-item"),
            (Chosen::Word(word), Some(class)) => match Written::read(class, word) {
                Written::Nothing => continue,
                Written::Unknown => Err("unknown-choice"),
                Written::Do(choice) => Ok(choice),
            },
        };
        match (written, item) {
            (Ok(choice), Some(item)) => {
                outcome.choice = Some(choice);
                if item.outcome.as_deref() == Some("done") {
                    outcome.became = "unchanged";
                } else {
                    match effects.add(choice, item, known, vault)? {
                        None => outcome.became = "done",
                        Some(code) => outcome.code = Some(code),
                    }
                }
            }
            (Err(code), _) => outcome.code = Some(code),
            (Ok(_), None) => outcome.code = Some("unknown-item"),
        }
        effects.outcomes.push(outcome);
    }
    Ok(effects)
}

impl Effects {
    /// Adds what a choice comes to; the code of a refusal.
    fn add(
        &mut self,
        choice: Choice,
        item: &Item,
        known: &Known,
        vault: &Vault,
    ) -> Result<Option<&'static str>, WorkError> {
        let leaves = matches!(choice, Choice::Transfer | Choice::Remove(_));
        if leaves && known.partly_read {
            return Ok(Some("partly-read"));
        }
        if leaves && item.suggestion.as_deref() == Some(Suggestion::MendFirst.name()) {
            return Ok(Some("mend-first"));
        }
        let member = item.person_id.and_then(|person| known.members.get(&person));
        let Some(member) = member.filter(|_| !known.stale.contains(&item.item_no)) else {
            return Ok(Some("registry-changed"));
        };
        match choice {
            Choice::Transfer => Ok(self.transfer(member, known)),
            Choice::Remove(reason) => Ok(match leave(member, reason, known.today) {
                Ok(leave) => {
                    self.leaves.push(leave);
                    None
                }
                Err(contradiction) => Some(contradiction.code()),
            }),
            Choice::Update => {
                let detail = Detail::open(vault, &item.detail)?;
                if !is_as_compared(&detail, member, vault)? {
                    return Ok(Some("registry-changed"));
                }
                self.update(&detail, member, vault)?;
                Ok(None)
            }
            Choice::Request => {
                self.claim(item, member, known, vault)?;
                Ok(None)
            }
        }
    }

    fn transfer(&mut self, member: &Member, known: &Known) -> Option<&'static str> {
        let Some(to) = known.temporaries.get(&member.org_path) else { return Some("no-temporary-union") };
        match ask_step(member, to, &known.pending) {
            Err(unfit) => Some(unfit.code()),
            Ok((step, request)) => {
                if step != Step::Pending {
                    let (data, reason) = (MembershipData::default(), LEFT_ZH.to_owned());
                    self.moves.push(Asked { member: member.clone(), to: to.clone(), step, request, reason, data });
                }
                None
            }
        }
    }

    fn update(&mut self, detail: &Detail, member: &Member, vault: &Vault) -> Result<(), WorkError> {
        let mut correction = Correction { person_id: member.person_id, ..Correction::default() };
        for field in &detail.fields {
            match field.column.as_str() {
                "name" => correction.name = Some(field.after.clone()),
                "sex" => correction.sex = Sex::parse_zh(&field.after).map(Sex::name),
                _ => {}
            }
            let Some(column) = domain::template::column_key(&field.column) else { continue };
            let seal = |text: &str| (!text.is_empty()).then(|| vault.seal(text)).transpose();
            self.changes.push(NewChange {
                person_id: member.person_id,
                field: column,
                before: SealedOption(seal(&field.before).map_err(StoreError::from)?),
                after: SealedOption(seal(&field.after).map_err(StoreError::from)?),
            });
        }
        if correction.name.is_some() || correction.sex.is_some() {
            self.corrections.push(correction);
        }
        if detail.fields.iter().any(|field| matches!(field.column.as_str(), "phone" | "employer" | "label")) {
            self.updates.push((member.membership_id, stated(&detail.fields, vault)?));
        }
        Ok(())
    }

    fn claim(&mut self, item: &Item, member: &Member, known: &Known, vault: &Vault) -> Result<(), WorkError> {
        let detail = Detail::open(vault, &item.detail)?;
        self.claims.push(NewTransfer {
            person_id: member.person_id,
            from_org_id: member.org_id,
            to_org_id: known.org.id,
            asked_by: Side::To.name(),
            reason: Some(CLAIMED_ZH.to_owned()),
            data: stated(&detail.fields, vault)?,
        });
        Ok(())
    }

    /// What is to be written of each item.
    pub fn endings(&self) -> Vec<ItemEnding> {
        let ended = self.outcomes.iter().filter(|outcome| outcome.became != "unchanged");
        let ending = |outcome: &Outcome| {
            let choice = outcome.choice?.name();
            Some(ItemEnding { item_no: outcome.number, choice, outcome: outcome.became, code: outcome.code })
        };
        ended.filter_map(ending).collect()
    }
}

/// Whether the registry still says what the clerk was shown. On a clock that stands still a change leaves no later instant.
fn is_as_compared(detail: &Detail, member: &Member, vault: &Vault) -> Result<bool, StoreError> {
    let phone = member.phone.0.as_ref().map(|phone| vault.open(phone)).transpose()?;
    let is = |field: &Field| {
        let known = match field.column.as_str() {
            "name" => Some(member.name.as_str()),
            "sex" => Sex::parse(&member.sex).map(Sex::name_zh),
            "phone" => phone.as_deref(),
            "employer" => member.employer.as_deref(),
            "label" => member.label.as_deref(),
            _ => return true,
        };
        known.unwrap_or_default() == field.before
    };
    Ok(detail.fields.iter().all(is))
}

/// What a row said of a membership.
fn stated(fields: &[Field], vault: &Vault) -> Result<MembershipData, StoreError> {
    let after = |column: &str| fields.iter().find(|field| field.column == column).map(|field| field.after.clone());
    Ok(MembershipData {
        phone: SealedOption(after("phone").map(|phone| vault.seal(&phone)).transpose()?),
        employer: after("employer"),
        label: after("label"),
        ..MembershipData::default()
    })
}

/// What a clerk reads of a refusal.
pub(super) fn message_zh(code: &str) -> &'static str {
    let of_contradictions = |contradiction: Contradiction| contradiction.code();
    match code {
        "mend-first" => "名单中有一行可能就是此人，请先改正名单再重新比对",
        "partly-read" => "名单中有的内容没有读取，此人可能就在其中，请补全表头后重新比对",
        "registry-changed" => "比对之后此人的登记信息已有变动，请重新比对",
        "no-temporary-union" => "上级没有临时工会，无法转移，请先设立临时工会",
        "stated-twice" => "同一条目填写了不同的处理办法",
        "unknown-item" => "本次比对没有此条目",
        "unknown-choice" => "“处理”列的内容不在下拉列表中",
        code if code == of_contradictions(Contradiction::BirthUnknown) => {
            "没有退休记录，证件也没有出生日期，不能按退休处理"
        }
        "deceased" => "已有死亡记录，请选择死亡",
        "retires-later" => "登记的退休日期尚未到",
        "retirement-not-reached" => "没有退休记录，也未到可以退休的年龄",
        code if code == Unfit::SameUnion.code() => "此人已在临时工会",
        _ => "不能按所选办法处理",
    }
}
