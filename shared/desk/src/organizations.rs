//! Organizations as people and programs see them.

use domain::{
    organization::{Level, OrgKind, UnionCounts},
    role::Act,
};
use serde::Serialize;
use store::organizations::Organization;

use crate::{Desk, DeskError, Reach, Refusal};

/// An organization as `org show` prints it, with the manual's counts (part one, 二).
#[derive(Debug, Clone, Serialize)]
pub struct OrgView {
    /// 工会编号.
    pub code: String,
    /// 工会组织名称.
    pub name: String,
    /// Wire name of the level.
    pub level: String,
    /// 类型, as written.
    pub kind: Option<String>,
    /// 统一社会信用代码.
    pub uscc: Option<String>,
    /// 企业名称.
    pub enterprise: Option<String>,
    /// 电子邮箱.
    pub email: String,
    /// Members here and below (会员数).
    pub members: i64,
    /// Unions here and below, as the manual counts them (基层工会组织数, 单独…, 联合…, 分工会/工会小组数, 工会联合会数).
    pub unions: UnionCounts,
    /// Enterprises of the grassroots unions here and below (覆盖企业数).
    pub enterprises: i64,
    /// Organizations here and below, per level.
    pub organizations: Vec<(String, i64)>,
    /// Requests to move in here and below that wait for an answer.
    pub pending_transfers: i64,
}

/// Which organizations are asked for. Empty fields mean all.
#[derive(Debug, Clone, Default)]
pub struct OrgFilter {
    /// Below (and with) this one.
    pub below: Option<String>,
    /// Of this level: its wire name.
    pub level: Option<String>,
    /// Of this 类型: its wire name, or what is written.
    pub kind: Option<String>,
    /// Whose name contains this.
    pub name: Option<String>,
}

impl OrgFilter {
    fn lets_through(&self, org: &Organization) -> bool {
        let own = org.kind.as_deref();
        let is_kind = |wanted: &String| {
            let meant = own.map_or(OrgKind::Other, OrgKind::of);
            own == Some(wanted.as_str())
                || meant.name() == wanted
                || (meant != OrgKind::Other && meant == OrgKind::of(wanted))
        };
        self.level.as_ref().is_none_or(|level| *level == org.level)
            && self.kind.as_ref().is_none_or(is_kind)
            && self.name.as_ref().is_none_or(|name| org.name.contains(name))
    }
}

impl Desk {
    /// The organization of that number, for an account that may see it.
    pub async fn organization(&self, account: &str, code: &str) -> Result<Organization, DeskError> {
        self.organization_for(account, Act::SeeOrganizations, code).await
    }

    /// The organization of that number, for an account that may do the act there.
    pub async fn organization_for(&self, account: &str, act: Act, code: &str) -> Result<Organization, DeskError> {
        self.organization_or(account, act, code, || Refusal::unknown("org", code)).await
    }

    /// The same with words of the caller's for one that is not there.
    pub(crate) async fn organization_or(
        &self,
        account: &str,
        act: Act,
        code: &str,
        unknown: impl Fn() -> Refusal,
    ) -> Result<Organization, DeskError> {
        self.attempts(account, act, None);
        let found = { store::organizations::find(&mut self.store.view().await?, code).await? };
        self.seen(account, act, found, unknown).await
    }

    /// The same with its counts.
    pub async fn organization_view(&self, account: &str, code: &str) -> Result<OrgView, DeskError> {
        let org = self.organization(account, code).await?;
        let mut view = self.store.view().await?;
        let mut unions = UnionCounts::default();
        for row in store::organizations::kinds_below(&mut view, &org.path).await? {
            if let Some(level) = Level::parse(&row.level) {
                unions.add(level, row.kind.as_deref(), row.unions, row.unnamed);
            }
        }
        // Different credit codes or names; a single union that names neither is of an enterprise of its own.
        let named = store::organizations::count_enterprises(&mut view, &org.path).await?;
        Ok(OrgView {
            enterprises: named + unions.single_unnamed,
            unions,
            members: store::memberships::count_below(&mut view, &org.path).await?,
            organizations: store::organizations::count_below(&mut view, &org.path).await?,
            pending_transfers: store::transfers::count_pending_into(&mut view, &org.path).await?,
            code: org.code,
            name: org.name,
            level: org.level,
            kind: org.kind,
            uscc: org.uscc,
            enterprise: org.enterprise,
            email: org.email,
        })
    }

    /// The organizations within an account's reach that a filter lets through, from the top down.
    pub async fn organizations(&self, account: &str, wanted: &OrgFilter) -> Result<Vec<Organization>, DeskError> {
        if let Some(level) = wanted.level.as_deref().filter(|level| Level::parse(level).is_none()) {
            let names = Level::ALL.map(Level::name).join(", ");
            return Err(Refusal::new("usage", format!("there is no level {level}"), format!("one of {names}")).into());
        }
        let paths = match wanted.below.as_deref() {
            Some(code) => vec![self.organization(account, code).await?.path],
            None => match self.authorize(account, Act::SeeOrganizations, None).await? {
                Reach::All => vec!["/".to_owned()],
                Reach::Below(paths) => paths,
            },
        };
        let mut view = self.store.view().await?;
        let mut found = Vec::new();
        for path in paths {
            found.extend(store::organizations::list_below(&mut view, &path).await?);
        }
        found.dedup_by_key(|org| org.id);
        found.retain(|org| wanted.lets_through(org));
        Ok(found)
    }
}
