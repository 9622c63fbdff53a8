//! The steps of the demonstration, in their order. A year's steps join them here.

use domain::role::Role;

use super::{
    federation::{self, CENTRE, ROOT},
    scene::{Demo, Done, OPERATOR},
    workbooks::{self, CENTRE_ACCOUNT, FEDERATION},
};
use crate::{commands::upload, output::Failure};

/// Examples of findings that are printed; the workbook has all.
const EXAMPLES: usize = 8;

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Federation,
    Rosters,
    Picture,
    Again,
    Messy,
    Mended,
    Registry,
}

impl Step {
    /// All of them, in order.
    pub const ALL: [Self; 7] =
        [Self::Federation, Self::Rosters, Self::Picture, Self::Again, Self::Messy, Self::Mended, Self::Registry];

    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Federation => {
                ("federation", "The federation uploads the tree of its unions; clerks get their accounts")
            }
            Self::Rosters => ("rosters", "Clerks upload their members: .xlsx, a .csv in GB18030, an .xls"),
            Self::Picture => ("picture", "One had sent a photo of the list, renamed to .xlsx"),
            Self::Again => ("again", "One sends the same file once more: nothing changes"),
            Self::Messy => (
                "messy",
                "One sends a messy file: titles, own columns, full-width digits, a row for every kind of fault",
            ),
            Self::Mended => ("mended", "The clerk mends the rejected rows and uploads the whole file again"),
            Self::Registry => ("registry", "The centre feeds what the card centre and social insurance know"),
        }
    }

    /// Lives through it.
    pub async fn run(self, demo: &mut Demo<'_>) -> Result<(), Failure> {
        let (name, title) = self.words();
        demo.begin(name, title);
        let workbooks = demo.workbooks;
        match self {
            Self::Federation => federation_step(demo).await?,
            Self::Rosters => tell_mail(demo, &workbooks.clean).await?,
            Self::Picture => picture(demo).await?,
            Self::Again => tell_mail(demo, std::slice::from_ref(&workbooks.again)).await?,
            Self::Messy => messy(demo).await?,
            Self::Mended => tell_mail(demo, std::slice::from_ref(&workbooks.mended)).await?,
            Self::Registry => tell_mail(demo, std::slice::from_ref(&workbooks.registry)).await?,
        }
        Ok(())
    }
}

async fn tell_mail(demo: &mut Demo<'_>, rosters: &[workbooks::Roster]) -> Result<(), Failure> {
    let done = demo.upload(rosters).await?;
    mail(demo, done.last());
    Ok(())
}

/// The mail about an upload.
fn mail(demo: &mut Demo<'_>, of: Option<&Done>) {
    for letter in of.into_iter().flat_map(|done| &done.mails) {
        demo.note(format!("mail to {}: {}", letter.to, letter.subject));
    }
}

async fn federation_step(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let desk = &demo.app.desk;
    for (account, role, code) in [(FEDERATION, Role::Federation, ROOT), (CENTRE_ACCOUNT, Role::Centre, CENTRE)] {
        desk.add_account(OPERATOR, account, Some(&federation::email(code))).await?;
        desk.grant(OPERATOR, account, role.name(), None).await?;
    }
    tell_mail(demo, std::slice::from_ref(&demo.workbooks.organizations)).await?;
    for unit in &demo.federation.units {
        let account = workbooks::clerk(&unit.code);
        desk.add_account(FEDERATION, &account, Some(&federation::email(&unit.code))).await?;
        desk.grant(FEDERATION, &account, Role::Clerk.name(), Some(&unit.code)).await?;
    }
    let bureaus = federation::BUREAUS.map(|(code, _)| (workbooks::bureau(code), Role::Bureau, code));
    let secondary = federation::SECONDARY.0;
    for (account, role, code) in
        bureaus.into_iter().chain([(workbooks::reviewer(secondary), Role::Reviewer, secondary)])
    {
        desk.add_account(FEDERATION, &account, Some(&federation::email(code))).await?;
        desk.grant(FEDERATION, &account, role.name(), Some(code)).await?;
    }
    demo.note(format!("{} accounts, each with a role at its own union", demo.federation.units.len() + 5));
    Ok(())
}

async fn picture(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let done = demo.upload(std::slice::from_ref(&demo.workbooks.picture)).await?;
    let reasons = done.iter().filter_map(|done| done.view.reason.as_ref());
    for reason in reasons {
        demo.note(format!("{}: {}", reason.code, reason.message));
    }
    mail(demo, done.last());
    Ok(())
}

async fn messy(demo: &mut Demo<'_>) -> Result<(), Failure> {
    let done = demo.upload(std::slice::from_ref(&demo.workbooks.messy)).await?;
    for one in &done {
        let findings = one.view.findings.as_array().map(Vec::as_slice).unwrap_or_default();
        let kinds = one.view.finding_counts.as_object().map_or(0, serde_json::Map::len);
        demo.note(format!("findings of {kinds} kinds, for example:"));
        // Spread over the file, so that more than its first rows are seen.
        for finding in findings.iter().step_by((findings.len() / EXAMPLES).max(1)).take(EXAMPLES) {
            let word = |key: &str| finding[key].as_str().unwrap_or_default();
            demo.note(format!("  {:8}  {:16}  {}", upload::place(finding), word("code"), word("message")));
        }
        if one.view.counts.transfers > 0 {
            demo.note(format!(
                "people of another union that became requests to move in, not second members: {}",
                one.view.counts.transfers
            ));
        }
    }
    mail(demo, done.last());
    Ok(())
}
