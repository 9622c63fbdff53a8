//! Members as people and programs see them: numbers masked as on the manual's screens.

use chrono::NaiveDate;
use domain::{mask, role::Act};
use runtime::SHANGHAI;
use serde::Serialize;
use store::{
    StoreError, Vault,
    memberships::{Member, MemberFilter},
};

use crate::{Desk, DeskError, Refusal};

/// A member as `member list` prints it.
#[derive(Debug, Clone, Serialize)]
pub struct MemberView {
    /// 会员编号.
    pub member_no: String,
    /// The name.
    pub name: String,
    /// Wire name of the document's kind.
    pub id_kind: String,
    /// The document's number, masked.
    pub id_masked: String,
    /// Wire name of the sex.
    pub sex: String,
    /// The phone, masked.
    pub phone_masked: Option<String>,
    /// The union's number.
    pub org: String,
    /// 工作单位/服务平台.
    pub employer: Option<String>,
    /// 会员标签.
    pub label: Option<String>,
    /// The service card, masked; none: 未办卡.
    pub card_masked: Option<String>,
    /// Whether social insurance is paid; none: no fact.
    pub social_insurance: Option<bool>,
    /// Day of retirement on record.
    pub retired_on: Option<NaiveDate>,
    /// Day of death on record.
    pub deceased_on: Option<NaiveDate>,
}

/// A member with its numbers opened and masked.
pub fn member_view(vault: &Vault, member: Member) -> Result<MemberView, StoreError> {
    let number = vault.open(&member.doc_number)?;
    let open = |sealed: &Option<store::Sealed>| sealed.as_ref().map(|sealed| vault.open(sealed)).transpose();
    Ok(MemberView {
        member_no: format!("{:010}", member.person_id),
        name: member.name,
        id_kind: member.doc_kind,
        id_masked: mask::mask_number(&number),
        sex: member.sex,
        phone_masked: open(&member.phone.0)?.map(|phone| mask::mask_phone(&phone)),
        org: member.org_code,
        employer: member.employer,
        label: member.label,
        card_masked: open(&member.card.0)?.map(|card| mask::mask_number(&card)),
        social_insurance: member.social_insurance,
        retired_on: member.retired_on,
        deceased_on: member.deceased_on,
    })
}

/// Which members are asked for. Empty fields mean all.
#[derive(Debug, Clone, Default)]
pub struct MemberSelection {
    /// Whose name contains this.
    pub name: Option<String>,
    /// With a service card, or without one.
    pub card: Option<bool>,
    /// `yes`, `no` or `unknown`: whether social insurance is paid. No fact is not "no" (decision 2).
    pub social: Option<String>,
    /// Whose retirement is on record by today alone.
    pub retired: bool,
    /// With this 会员标签.
    pub label: Option<String>,
    /// With numbers above this one: the next page.
    pub after: i64,
    /// At most so many.
    pub most: i64,
}

impl Desk {
    /// A page of the members of an organization and all below it.
    pub async fn members(
        &self,
        account: &str,
        org: &str,
        wanted: &MemberSelection,
    ) -> Result<Vec<MemberView>, DeskError> {
        let found = self.organization_for(account, Act::SeeMembers, org).await?;
        let mut view = self.store.view().await?;
        let today = self.clock.business_now().with_timezone(&SHANGHAI).date_naive();
        let social = wanted.social.as_deref().map(|word| {
            let known = ["yes", "no", "unknown"].into_iter().find(|own| *own == word);
            known.ok_or_else(|| Refusal::new("usage", format!("--social {word}"), "yes, no or unknown"))
        });
        let filter = MemberFilter {
            // As names are stored: in ordinary characters.
            name: wanted.name.as_deref().map(|name| domain::text::tidy(name).into_owned()),
            card: wanted.card,
            social: social.transpose()?,
            retired_by: wanted.retired.then_some(today),
            label: wanted.label.clone(),
        };
        let members = store::memberships::list(&mut view, &found.path, &filter, wanted.after, wanted.most).await?;
        Ok(members.into_iter().map(|member| member_view(self.store.vault(), member)).collect::<Result<_, _>>()?)
    }
}
