//! The tree of unions by hand: add, edit, move, remove, by the same rules as an import of organizations.

use std::collections::HashMap;

use domain::{
    cell::Cell,
    finding::{Fault, Severity},
    import::{KnownPlace, organization_tree},
    name::PersonName,
    organization::{Level, OrgCode},
    role::Act,
    row::{Context, OrganizationRow},
    template::column_title,
    text::counted,
};
use runtime::SHANGHAI;
use store::{
    Session, StoreError, Unit,
    organizations::{Organization, OrganizationData, SealedOption},
};

use crate::{Bell, Chain, Desk, DeskError, Outbox, Reach, Refusal};

/// Why a request is void whose receiving union is removed.
const REMOVED_ZH: &str = "转入工会已撤销，申请自动失效";

/// What is stated of a union; `None` states nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrgStated {
    /// 工会组织名称.
    pub name: Option<String>,
    /// 级别: its wire name, or as in the template.
    pub level: Option<String>,
    /// 类型.
    pub kind: Option<String>,
    /// 统一社会信用代码.
    pub uscc: Option<String>,
    /// 经济类型.
    pub economy: Option<String>,
    /// 所属行业.
    pub industry: Option<String>,
    /// 企业名称.
    pub enterprise: Option<String>,
    /// 联系人.
    pub contact: Option<String>,
    /// 手机号码.
    pub phone: Option<String>,
    /// 电子邮箱.
    pub email: Option<String>,
}

impl Desk {
    /// Adds a union under another one; the first of all is the root and has none above.
    pub async fn add_organization(
        &self,
        account: &str,
        code: &str,
        parent: Option<&str>,
        stated: &OrgStated,
    ) -> Result<(), DeskError> {
        let reach = self.edit_right(account, parent).await?;
        let row = self.row_of(code, parent, stated)?;
        let mut unit = self.tree_unit().await?;
        if store::organizations::find(&mut unit, row.org_code.as_str()).await?.is_some() {
            let message = format!("there is a union {} already", row.org_code);
            return Err(Refusal::new("exists", message, "rollcall org edit changes it").into());
        }
        let above = check_place(&mut unit, &row).await?;
        if above.is_none() && (reach != Reach::All || store::organizations::root(&mut unit).await?.is_some()) {
            return Err(Refusal::new("usage", "there is a root already: name the union above", "--parent CODE").into());
        }
        let data = data(&unit, &row, above.map(|above| above.id))?;
        let now = self.clock.business_now();
        store::organizations::insert(&mut unit, &[data], now).await?;
        self.keep(unit, account, "org-add", row.org_code.as_str()).await
    }

    /// Changes what is stated of a union; its number and its place stay. A clerk keeps the own union's (the manual's
    /// 修改信息); what a union is, its level and 类型, decides whom it takes in, and is for those who keep the tree.
    pub async fn edit_organization(&self, account: &str, code: &str, stated: &OrgStated) -> Result<(), DeskError> {
        if *stated == OrgStated::default() {
            let message = format!("nothing was stated that {code} should have instead");
            return Err(Refusal::new("unchanged", message, "rollcall org edit --help has what can be stated").into());
        }
        let is_kept = stated.level.is_some() || stated.kind.is_some();
        let act = if is_kept { Act::EditOrganizations } else { Act::DescribeOrganization };
        self.right_over(account, act, code).await?;
        let mut unit = self.tree_unit().await?;
        let own = known(&mut unit, code).await?;
        let above = match own.parent_id {
            Some(id) => store::organizations::get(&mut unit, id).await?,
            None => None,
        };
        let all = OrgStated {
            name: stated.name.clone().or_else(|| Some(own.name.clone())),
            level: stated.level.clone().or_else(|| Some(own.level.clone())),
            email: stated.email.clone().or_else(|| Some(own.email.clone())),
            ..stated.clone()
        };
        let row = self.row_of(code, above.as_ref().map(|above| above.code.as_str()), &all)?;
        check_place(&mut unit, &row).await?;
        check_below(&mut unit, &own, row.level).await?;
        let data = data(&unit, &row, own.parent_id)?;
        store::organizations::update(&mut unit, &[data], self.clock.business_now()).await?;
        self.keep(unit, account, "org-edit", code).await
    }

    /// Moves a union with everything below it under another one. It takes the right over both and the union above.
    pub async fn move_organization(&self, account: &str, code: &str, under: &str) -> Result<(), DeskError> {
        let reach = self.edit_right(account, Some(code)).await?;
        self.edit_right(account, Some(under)).await?;
        let mut unit = self.tree_unit().await?;
        let own = known(&mut unit, code).await?;
        let above = known(&mut unit, under).await?;
        check_reach_above(&reach, &own)?;
        if own.parent_id == Some(above.id) {
            return Err(Refusal::new("unchanged", format!("{code} stands under {under} already"), "").into());
        }
        let stated = OrgStated {
            name: Some(own.name.clone()),
            level: Some(own.level.clone()),
            email: Some(own.email.clone()),
            ..OrgStated::default()
        };
        let row = self.row_of(code, Some(under), &stated)?;
        check_place(&mut unit, &row).await?;
        let moment = self.moment();
        store::organizations::replace_parent(&mut unit, &own, &above, moment.business).await?;
        self.count_moved(&mut unit, &format!("{}{}/", above.path, own.id), moment).await?;
        self.keep(unit, account, "org-move", code).await
    }

    /// Removes a union in which nobody and below which nothing is. Requests into it are void, and who asked is told.
    pub async fn remove_organization(&self, account: &str, code: &str) -> Result<Vec<Bell>, DeskError> {
        let reach = self.edit_right(account, Some(code)).await?;
        let mut unit = self.tree_unit().await?;
        let own = known(&mut unit, code).await?;
        store::organizations::lock(&mut unit, &[own.id]).await?;
        check_reach_above(&reach, &own)?;
        let below = store::organizations::list_below(&mut unit, &own.path).await?.len() - 1;
        if below > 0 {
            let hint = format!("move or remove them first: rollcall org list --below {code}");
            return Err(Refusal::new("not-empty", format!("unions below {code}: {below}"), hint).into());
        }
        let members = store::memberships::count_below(&mut unit, &own.path).await?;
        if members > 0 {
            let hint = format!("transfer or remove them first: rollcall member list --org {code}");
            return Err(Refusal::new(
                "not-empty",
                format!("{code} has {}", counted(members, "member", "members")),
                hint,
            )
            .into());
        }
        let (moment, mut outbox) = (self.moment(), Outbox::new());
        let void = store::transfers::void_into(&mut unit, own.id, REMOVED_ZH, account, moment.business).await?;
        self.tell_void(&mut unit, &void, Chain::Act, moment, &mut outbox).await?;
        store::organizations::remove(&mut unit, own.id, moment.business).await?;
        let bells = outbox.write(&mut unit).await?;
        self.keep(unit, account, "org-remove", code).await?;
        Ok(bells)
    }

    /// The right to edit the union of this number; without one, at the root.
    async fn edit_right(&self, account: &str, code: Option<&str>) -> Result<Reach, DeskError> {
        match code {
            Some(code) => self.right_over(account, Act::EditOrganizations, code).await,
            None => self.authorize(account, Act::EditOrganizations, None).await,
        }
    }

    async fn right_over(&self, account: &str, act: Act, code: &str) -> Result<Reach, DeskError> {
        self.organization_for(account, act, code).await?;
        self.reach(&mut self.store.view().await?, account, act).await
    }

    /// A unit that imports of organizations and other edits of the tree wait for.
    async fn tree_unit(&self) -> Result<Unit, DeskError> {
        let mut unit = self.store.begin().await?;
        if let Some(root) = store::organizations::root(&mut unit).await? {
            store::organizations::lock(&mut unit, &[root.id]).await?;
        }
        Ok(unit)
    }

    async fn keep(&self, mut unit: Unit, account: &str, act: &'static str, code: &str) -> Result<(), DeskError> {
        let row = self.act(account, act, Some(code), Some(format!("org:{code}")), "done");
        store::audit::record(&mut unit, &[row]).await?;
        Ok(unit.commit().await?)
    }

    /// What is stated as a row of the template, checked as such.
    fn row_of(&self, code: &str, parent: Option<&str>, stated: &OrgStated) -> Result<OrganizationRow, Refusal> {
        let level = stated.level.as_ref();
        let level =
            level.map(|word| Level::parse(word).map_or_else(|| word.clone(), |level| level.name_zh().to_owned()));
        let text = |value: &'_ Option<String>| value.clone().unwrap_or_default();
        let texts = [
            code.to_owned(),
            text(&stated.name),
            parent.unwrap_or_default().to_owned(),
            level.unwrap_or_default(),
            text(&stated.kind),
            text(&stated.uscc),
            text(&stated.economy),
            text(&stated.industry),
            text(&stated.enterprise),
            text(&stated.contact),
            text(&stated.phone),
            text(&stated.email),
        ];
        let cells = texts.each_ref().map(|text| Cell::Text(text));
        let today = self.clock.business_now().with_timezone(&SHANGHAI).date_naive();
        let checked = domain::row::organization(&cells, Context::on(today));
        let fault = checked.faults.iter().find(|fault| fault.severity == Severity::Error).cloned();
        match (checked.value, fault) {
            (Some(row), _) => Ok(row),
            (None, Some(fault)) => Err(refusal(fault)),
            (None, None) => Err(Refusal::new("usage", "the union can't be read", "rollcall org add --help")),
        }
    }
}

fn refusal(fault: Fault) -> Refusal {
    let what = fault.column.and_then(column_title).unwrap_or_default();
    let (code, remedy) = (fault.code.name(), fault.code.remedy_zh());
    let message = fault.at(None, 0).message_zh();
    Refusal::new(code, format!("{message} ({what})"), remedy)
}

async fn known(session: &mut impl Session, code: &str) -> Result<Organization, DeskError> {
    let found = store::organizations::find(session, code).await?;
    Ok(found.ok_or_else(|| Refusal::unknown("org", code))?)
}

/// The union above a row, if the row may stand there.
async fn check_place(unit: &mut Unit, row: &OrganizationRow) -> Result<Option<Organization>, DeskError> {
    let above = match &row.parent_code {
        Some(code) => store::organizations::find(unit, code.as_str()).await?,
        None => None,
    };
    let chain: Vec<Organization> = above.iter().cloned().collect();
    let upper = store::organizations::get_above(unit, &chain).await?;
    let code_of: HashMap<i64, &str> = chain.iter().chain(&upper).map(|org| (org.id, org.code.as_str())).collect();
    let place = |code: &OrgCode| {
        let org = chain.iter().chain(&upper).find(|org| org.code == code.as_str())?;
        let parent = org.parent_id.and_then(|id| code_of.get(&id)).and_then(|code| OrgCode::parse(code));
        Some(KnownPlace { level: Level::parse(&org.level)?, parent })
    };
    match organization_tree(&[row], place).pop() {
        Some((_, fault)) => Err(refusal(fault).into()),
        None => Ok(above),
    }
}

/// Whether those directly below may stay there under another level.
async fn check_below(unit: &mut Unit, own: &Organization, level: Level) -> Result<(), DeskError> {
    if Level::parse(&own.level) == Some(level) {
        return Ok(());
    }
    if level != Level::Grassroots && store::memberships::count_in(unit, &[own.id]).await?.iter().any(|(_, n)| *n > 0) {
        let message = format!("{} has members, and only grassroots unions have", own.code);
        return Err(Refusal::new("not-empty", message, "transfer or remove them first").into());
    }
    let below = store::organizations::list_below(unit, &own.path).await?;
    let fits = |org: &&Organization| Level::parse(&org.level).is_some_and(|lower| lower.may_stand_under(Some(level)));
    match below.iter().filter(|org| org.parent_id == Some(own.id)).find(|org| !fits(org)) {
        None => Ok(()),
        Some(org) => {
            let message = format!("{} of level {} stands below and may not under that level", org.code, org.level);
            Err(Refusal::new("parent-level", message, "move it first: rollcall org move").into())
        }
    }
}

/// A union is moved and removed by who has the right over the one above it: nobody lifts himself out of the tree.
fn check_reach_above(reach: &Reach, own: &Organization) -> Result<(), DeskError> {
    let ids = own.path.trim_end_matches('/');
    let above = ids.rfind('/').map_or("/", |end| &own.path[..=end]);
    if *reach == Reach::All || (above.len() > 1 && reach.covers(above)) {
        return Ok(());
    }
    let message = format!("it takes the right over the union above {}", own.code);
    Err(Refusal::new("no-right", message, "ask the union above").into())
}

fn data(unit: &Unit, row: &OrganizationRow, parent_id: Option<i64>) -> Result<OrganizationData, StoreError> {
    let vault = unit.vault();
    let text = |value: &Option<Box<str>>| value.as_deref().map(str::to_owned);
    Ok(OrganizationData {
        code: row.org_code.as_str().to_owned(),
        name: row.name.as_ref().to_owned(),
        parent_id,
        level: row.level.name().to_owned(),
        kind: text(&row.kind),
        uscc: row.uscc.as_ref().map(|code| code.as_str().to_owned()),
        economy: text(&row.economy),
        industry: text(&row.industry),
        enterprise: text(&row.enterprise),
        contact: row.contact.as_ref().map(PersonName::as_str).map(str::to_owned),
        phone: SealedOption(row.phone.as_ref().map(|phone| vault.seal(phone.as_str())).transpose()?),
        email: row.email.as_ref().to_owned(),
    })
}
