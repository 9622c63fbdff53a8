//! An import of unions: new, changed or unchanged.

use super::{Outcome, changed, outcome};
use crate::{
    name::PersonName,
    organization::{Level, OrgCode},
    phone::Phone,
    row::OrganizationRow,
    uscc::Uscc,
};

/// What the registry keeps of a union.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownOrganization<'a> {
    /// 工会组织名称.
    pub name: &'a str,
    /// 上级工会编号.
    pub parent_code: Option<&'a str>,
    /// 级别.
    pub level: Level,
    /// 类型.
    pub kind: Option<&'a str>,
    /// 统一社会信用代码.
    pub uscc: Option<&'a str>,
    /// 经济类型.
    pub economy: Option<&'a str>,
    /// 所属行业.
    pub industry: Option<&'a str>,
    /// 企业名称.
    pub enterprise: Option<&'a str>,
    /// 联系人.
    pub contact: Option<&'a str>,
    /// 手机号码.
    pub phone: Option<&'a str>,
    /// 电子邮箱.
    pub email: Option<&'a str>,
}

/// Decides about a checked row that has its place in the tree (see [`super::organization_tree`]).
#[must_use]
pub fn organization(row: &OrganizationRow, known: Option<&KnownOrganization<'_>>) -> Outcome {
    let Some(known) = known else { return Outcome::New };
    outcome(changed([
        ("org_name", Some(&row.name), Some(known.name)),
        ("parent_code", row.parent_code.as_ref().map(OrgCode::as_str), known.parent_code),
        ("level", Some(row.level.name()), Some(known.level.name())),
        ("kind", row.kind.as_deref(), known.kind),
        ("uscc", row.uscc.as_ref().map(Uscc::as_str), known.uscc),
        ("economy", row.economy.as_deref(), known.economy),
        ("industry", row.industry.as_deref(), known.industry),
        ("enterprise", row.enterprise.as_deref(), known.enterprise),
        ("contact", row.contact.as_ref().map(PersonName::as_str), known.contact),
        ("phone", row.phone.as_ref().map(Phone::as_str), known.phone),
        ("email", Some(&row.email), known.email),
    ]))
}
