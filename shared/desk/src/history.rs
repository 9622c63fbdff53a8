//! One member with the history: stays in unions, and which field changed when, by whom, from what to what, masked.

use chrono::{DateTime, Utc};
use domain::{mask, role::Act, template::column_title};
use serde::Serialize;
use store::{
    StoreError, Vault,
    memberships::Stay,
    organizations::SealedOption,
    persons::{Change, Person},
};
use uuid::Uuid;

use crate::{Desk, DeskError, MemberView, Refusal, items, member_view, rights::Standing};

/// A member as `member show` prints it.
#[derive(Debug, Clone, Serialize)]
pub struct MemberHistory {
    /// What is known today; of somebody who has left, of the last union.
    #[serde(flatten)]
    pub member: MemberView,
    /// Whether the person is a member today.
    pub is_member: bool,
    /// The unions, the first one first.
    pub stays: Vec<StayView>,
    /// The changes, the oldest first.
    pub history: Vec<ChangeView>,
}

/// One stay in a union.
#[derive(Debug, Clone, Serialize)]
pub struct StayView {
    /// The union's number.
    pub org: String,
    /// From when.
    pub since: DateTime<Utc>,
    /// To when; none: today.
    pub until: Option<DateTime<Utc>>,
    /// `transferred`, `retired`, `convicted` or `deceased`.
    pub end_reason: Option<String>,
    /// What the reason of a removal rests on: `record`, `calendar`, `choice` or `statement`.
    pub end_basis: Option<String>,
}

/// One field that changed.
#[derive(Debug, Clone, Serialize)]
pub struct ChangeView {
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub account: String,
    /// By which upload.
    pub upload: Option<Uuid>,
    /// Which field.
    pub field: String,
    /// Its title in Chinese.
    pub title: &'static str,
    /// What it was, masked.
    pub before: Option<String>,
    /// What it became, masked.
    pub after: Option<String>,
}

impl From<Stay> for StayView {
    fn from(stay: Stay) -> Self {
        let Stay { org_code, since, until, end_reason, end_basis, .. } = stay;
        Self { org: org_code, since, until, end_reason, end_basis }
    }
}

impl Desk {
    /// One member with the history. Somebody of another union is unknown, not forbidden: a refusal would tell that he
    /// exists. Who has left is seen by the last union and those above it.
    pub async fn member(&self, account: &str, member_no: &str) -> Result<MemberHistory, DeskError> {
        let unknown = || Refusal::unknown("member", &mask::mask_digits(member_no));
        let mut view = self.store.view().await?;
        let (person, stays) = match items::member_number(member_no) {
            Some(number) => {
                (store::persons::find(&mut view, number).await?, store::memberships::stays(&mut view, number).await?)
            }
            None => (None, Vec::new()),
        };
        drop(view);
        let standing = stays.last().map_or(Standing::Nowhere, |stay| Standing::Below(&stay.org_code, &stay.org_path));
        self.right_at(account, Act::SeeMembers, standing, unknown()).await?;
        let (Some(person), Some(last)) = (person, stays.last()) else { return Err(unknown().into()) };
        let (number, mut view) = (person.person_id, self.store.view().await?);
        let vault = self.store.vault();
        let today = store::memberships::find(&mut view, number).await?;
        let is_member = today.is_some();
        let member = match today {
            Some(member) => member_view(vault, member)?,
            None => former_view(vault, person, &last.org_code)?,
        };
        let changes = store::persons::changes(&mut view, number).await?;
        Ok(MemberHistory {
            member,
            is_member,
            stays: stays.into_iter().map(StayView::from).collect(),
            history: changes.into_iter().map(|change| change_view(vault, change)).collect::<Result<_, _>>()?,
        })
    }
}

fn former_view(vault: &Vault, person: Person, org: &str) -> Result<MemberView, StoreError> {
    Ok(MemberView {
        member_no: format!("{:010}", person.person_id),
        name: person.name,
        id_kind: person.doc_kind,
        id_masked: mask::mask_number(&vault.open(&person.doc_number)?),
        sex: person.sex,
        phone_masked: None,
        org: org.to_owned(),
        employer: None,
        label: None,
        card_masked: None,
        social_insurance: None,
        retired_on: person.retired_on,
        deceased_on: person.deceased_on,
    })
}

fn change_view(vault: &Vault, change: Change) -> Result<ChangeView, StoreError> {
    let open = |sealed: &SealedOption| {
        let text = sealed.0.as_ref().map(|sealed| vault.open(sealed)).transpose()?;
        Ok::<_, StoreError>(text.map(|text| masked(&change.field, &text)))
    };
    let title = match change.field.as_str() {
        "org" => "所在工会",
        "end_reason" => "移除原因",
        "data_type" => "数据类型",
        other => column_title(other).unwrap_or_default(),
    };
    Ok(ChangeView {
        before: open(&change.before)?,
        after: open(&change.after)?,
        at: change.at,
        account: change.account,
        upload: change.upload_id,
        field: change.field,
        title,
    })
}

fn masked(field: &str, text: &str) -> String {
    match field {
        "phone" => mask::mask_phone(text),
        "id_number" | "card" => mask::mask_number(text),
        "org" | "end_reason" | "data_type" => text.to_owned(),
        _ => mask::mask_digits(text),
    }
}
