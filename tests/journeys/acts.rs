//! Every command by every role: in one's own tree, up-tree and sideways; with what it answers, and what stands on record.

use std::collections::{BTreeMap, BTreeSet};

use domain::role::{Act, Role, may};
use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;
use support::Ended;
use support::people::People;
use support::workbook::Table;

use super::enrollment::members;
use super::payment::{CONTACT, LISTS};
use super::place::{BUREAU, NEIGHBOUR, Place, ROOT, STRANGER, UNION};
use super::rights::account;

on_both_engines!(every_command_is_for_the_roles_of_its_act_in_their_own_tree);

#[tokio::test]
async fn no_command_is_missing_from_the_table() {
    let at = support::Installation::embedded();
    let mut known = BTreeSet::new();
    let mut open = vec![Vec::<String>::new()];
    while let Some(words) = open.pop() {
        let asked: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let help = at.must(&asked).await;
        let listed = help.split_once("Commands:\n").map_or("", |(_, rest)| rest.split("\n\n").next().unwrap());
        let names: Vec<&str> = listed
            .lines()
            .filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')))
            .filter_map(|rest| rest.split_whitespace().next())
            .filter(|name| *name != "help")
            .collect();
        if names.is_empty() || words == ["upload"] {
            known.insert(words.join(" "));
        }
        open.extend(names.into_iter().map(|name| [&words[..], &[name.to_owned()]].concat()));
    }
    assert!(known.len() > 70, "{known:?}");
    let table: BTreeSet<String> = ROWS.iter().map(|(_, words)| (*words).to_owned()).collect();
    let covers = |command: &String| {
        table.iter().any(|words| words == command || words.starts_with(&format!("{command} ")))
            || FREE.contains(&command.as_str())
    };
    let missing: Vec<_> = known.iter().filter(|command| !covers(command)).collect();
    assert!(missing.is_empty(), "neither in ROWS nor in FREE: {missing:?}");
    let gone: Vec<_> = FREE.iter().filter(|command| !known.contains(**command)).collect();
    assert!(gone.is_empty(), "not a command: {gone:?}");
}

/// What takes no right: it tells what is no secret (a year's file and dates), touches no data, or is a process of the
/// service.
const FREE: [&str; 19] = [
    "demo",
    "serve",
    "worker",
    "scheduler",
    "drain",
    "migrate",
    "config",
    "doctor",
    "template",
    "check",
    "asyncapi",
    "year list",
    "year show",
    "year diff",
    "window list",
    "window status",
    "clock show",
    "mail preview",
    "queue list",
];

/// A command and its act. ORG stands for an organization, BELOW for one below where a role is held; MEMBER, INSTANT, UPLOAD, COMPARISON, NOTICE and BATCH for one of
/// that organization's. The words are such that, where it is allowed, little or nothing is done.
const ROWS: &[(Act, &str)] = &[
    (Act::SeeOrganizations, "org show ORG"),
    (Act::SeeOrganizations, "org list --below ORG"),
    (Act::EditOrganizations, "org add 1 --parent ORG --level none"),
    (Act::EditOrganizations, "org edit ORG --level none"),
    (Act::DescribeOrganization, "org edit ORG --email none"),
    (Act::EditOrganizations, "org move BELOW --under BELOW"),
    (Act::EditOrganizations, "org remove BELOW"),
    (Act::UploadMembers, "upload members junk.xlsx --type external --org ORG"),
    (Act::UploadRoster, "upload roster junk.xlsx --org ORG"),
    (Act::UploadOrganizations, "upload organizations junk.xlsx --org ORG"),
    (Act::UploadTransfers, "upload transfers junk.xlsx --org ORG"),
    (Act::UploadRegistry, "upload registry junk.xlsx"),
    (Act::SeeUploads, "upload list"),
    (Act::SeeUploads, "upload show UPLOAD"),
    (Act::SeeUploads, "upload result UPLOAD -o result.xlsx"),
    (Act::ReleaseUpload, "upload release UPLOAD"),
    (Act::ReleaseUpload, "upload discard UPLOAD"),
    (Act::SeeComparisons, "compare list"),
    (Act::SeeComparisons, "compare show COMPARISON"),
    (Act::ApplyComparison, "compare apply COMPARISON --actions junk.xlsx"),
    (Act::SeeMembers, "member list --org ORG"),
    (Act::SeeMembers, "member show MEMBER"),
    (Act::SeeMembers, "member import-pending --org ORG"),
    (Act::SeeMembers, "transfer list --org ORG"),
    (Act::TransferMembers, "member transfer MEMBER --to 1 --reason x"),
    (Act::UploadTransfers, "member transfer --file junk.xlsx --org ORG"),
    (Act::RemoveMembers, "member remove MEMBER --reason deceased"),
    (Act::DecideTransfers, "transfer approve 999999"),
    (Act::DecideTransfers, "transfer reject 999999 --reason x"),
    (Act::LoadYear, "year load junk.toml"),
    (Act::ExtendWindow, "window extend submission --year 2023 --until 2023-01-01 --reason x"),
    (Act::SeeEnrollments, "premium show --year 2023 --org ORG"),
    (Act::SetPremium, "premium set --year 2023 --org ORG --plan A --bureau 99.00 --unit 0.00"),
    (Act::SeeEnrollments, "enroll preview --year 2023 --org ORG"),
    (Act::SeeEnrollments, "enroll pending --year 2023 --org ORG"),
    (Act::SeeEnrollments, "enroll show --year 2023 --org ORG"),
    (Act::SeeEnrollments, "enroll history --year 2023 --org ORG"),
    (Act::ConfirmPending, "enroll confirm 9999999999 --year 2023 --org ORG"),
    (Act::DecideRetirement, "enroll decide 9999999999 --decision stays --year 2023 --org ORG"),
    (Act::SubmitEnrollment, "enroll submit --year 2023 --org ORG"),
    (Act::RecountTotals, "enroll recount --year 2023"),
    (Act::SeeEnrollments, "review list --year 2023 --org ORG"),
    (Act::ReviewEnrollment, "review approve --all --year 2023 --org ORG"),
    (Act::ReviewEnrollment, "review return --all --reason people --year 2023 --org ORG"),
    (Act::SeeEnrollments, "batch preview --year 2023 --org ORG"),
    (Act::SeeEnrollments, "batch list --year 2023 --org ORG"),
    (Act::SeeEnrollments, "batch show --year 2023 --org ORG"),
    (Act::SeeEnrollments, "batch show BATCH"),
    (
        Act::SubmitBatch,
        "batch submit --year 2023 --org ORG --contact 周敏 --mobile 13800000000 --email zhou@example.org",
    ),
    (Act::RecordUnitPayment, "payment unit-paid --year 2023 --org ORG --amount 0.00 --date 2022-12-20"),
    (Act::UploadVoucher, "payment voucher BATCH gone.pdf --amount 1.00 --date 2022-12-20"),
    (Act::UploadVoucher, "payment voucher INSTANT gone.pdf --instant --amount 1.00 --date 2022-12-20"),
    (Act::CheckVoucher, "payment confirm CB202212270001"),
    (Act::CheckVoucher, "payment reject CB202212270001 --reason x"),
    (Act::SeeEnrollments, "payment list BATCH"),
    (Act::SeeEnrollments, "payment list --year 2023 --org ORG"),
    (Act::AddCredit, "credit add --org 90010000 --of-year 2021 --amount 0.00 --reason x"),
    (Act::SeeEnrollments, "credit list --org ORG"),
    (Act::SeeEnrollments, "instant list --year 2023 --org ORG"),
    (Act::SeeEnrollments, "instant preview --year 2023 --org ORG"),
    (Act::SubmitInstant, "instant submit --year 2023 --org ORG"),
    (Act::ApproveInstant, "instant return INSTANT --reason x"),
    (Act::ApproveInstant, "instant approve INSTANT"),
    (Act::SubmitInstant, "instant withdraw INSTANT"),
    (Act::UndoFailure, "undo failure CB202212270001 --reason x"),
    (Act::SeeNotices, "notice list --year 2023 --org ORG"),
    (Act::SeeNotices, "notice get NOTICE -o notice.pdf"),
    (Act::SeeNotices, "notice verify NOTICEFILE"),
    (Act::SeeStatistics, "stats --year 2023 --org ORG -o stats.xlsx"),
    (Act::SeeStatistics, "monitor --once --year 2023 --org ORG"),
    (Act::SeeStatistics, "forecast --year 2023 --org ORG"),
    (Act::ManageQueues, "queue pause deadlines"),
    (Act::ManageQueues, "queue resume deadlines"),
    (Act::ManageQueues, "probe --count 1"),
    (Act::ManageDead, "dead list"),
    (Act::ManageDead, "dead show 00000000-0000-0000-0000-000000000001"),
    (Act::ManageDead, "dead replay 00000000-0000-0000-0000-000000000001"),
    (Act::ManageDead, "dead discard 00000000-0000-0000-0000-000000000001"),
    (Act::ManageMail, "mail list"),
    (Act::ManageMail, "mail show 00000000-0000-0000-0000-000000000001"),
    (Act::ManageMail, "mail resend 00000000-0000-0000-0000-000000000001"),
    (Act::ManageMail, "mail bounced nobody@example.org --clear"),
    (Act::ManageMail, "mail resume"),
    (Act::SeeOrganizations, "mail bounces --org ORG"),
    (Act::SeeAudit, "audit --org ORG"),
    (Act::ManageAccounts, "account add ?"),
    (Act::ManageAccounts, "account list"),
    (Act::ManageAccounts, "account grant nobody clerk --org 90010001"),
    (Act::ManageAccounts, "account revoke nobody clerk --org 90010001"),
    (Act::MoveClock, "clock advance 1d"),
    (Act::MoveClock, "--at 2022-11-01 org list"),
];

const REVIEWED: &str = "90010501";
const SECONDARY: &str = "90010500";
const OTHER_BUREAU: &str = "90020000";

/// Whether what belongs to an organization is below where a role is held here.
fn reaches(role: Role, org: &str) -> bool {
    match role {
        Role::Clerk => org == UNION,
        Role::Reviewer => [SECONDARY, REVIEWED].contains(&org),
        Role::Bureau => org.starts_with("9001"),
        Role::Centre | Role::Federation | Role::Operator => true,
    }
}

/// One's own, above it, and beside it.
fn places(role: Role) -> &'static [&'static str] {
    match role {
        Role::Clerk => &[UNION, BUREAU, NEIGHBOUR],
        Role::Reviewer => &[SECONDARY, BUREAU, UNION],
        Role::Bureau => &[BUREAU, ROOT, OTHER_BUREAU],
        Role::Centre | Role::Federation | Role::Operator => &[BUREAU],
    }
}

/// What belongs to organizations: by the word of the table, organization and name.
type Things = BTreeMap<&'static str, Vec<(&'static str, String)>>;

fn text(of: &Value, key: &str) -> String {
    of[key].as_str().map_or_else(|| of[key].to_string(), str::to_owned)
}

/// A federation in the middle of its year, with something of everything in three unions.
async fn things(place: &Place) -> Things {
    let mut things = Things::new();
    let at = |instant: &'static str, words: &[&str]| [&["--at", instant], words].concat().join("\n");
    let run = async |instant: &'static str, words: &[&str]| {
        let words = at(instant, words);
        place.at.json(&words.split('\n').collect::<Vec<_>>()).await
    };
    for (org, seed) in [(UNION, 401), (REVIEWED, 402), (STRANGER, 403)] {
        members(place, org, seed).await;
        // Moving and removing take the right over the union above, too.
        things.entry("BELOW").or_default().push((org, org.to_owned()));
        let member = text(&place.members(org).await[0], "member_no");
        things.entry("MEMBER").or_default().push((org, member));
        let table = Table::members("测试工会", org, &People::seeded(seed).take(1));
        let path = place.at.file(&format!("roster-{org}.xlsx"), table.xlsx());
        let roster = place.upload_file(&path, &["roster", "--org", org]).await.success().json();
        things.entry("UPLOAD").or_default().push((org, text(&roster, "id")));
        let instant = ["instant", "submit", "--year", "2023", "--org", org];
        let instant = run("2023-01-05T09:00:00+08:00", &instant).await;
        things.entry("INSTANT").or_default().push((org, text(&instant, "id")));
        run("2022-11-10T12:00:00+08:00", &["enroll", "submit", "--year", "2023", "--org", org, "--wait"]).await;
        let notices = place.at.json(&["notice", "list", "--year", "2023", "--org", org]).await;
        let notice = text(&notices[0], "id");
        let path = place.at.folder().join(format!("notice-{org}.pdf")).display().to_string();
        place.at.must(&["notice", "get", &notice, "-o", &path]).await;
        things.entry("NOTICE").or_default().push((org, notice));
        things.entry("NOTICEFILE").or_default().push((org, path));
    }
    let comparisons = place.at.json(&["compare", "list"]).await;
    for one in comparisons.as_array().unwrap() {
        let org = [UNION, REVIEWED, STRANGER].into_iter().find(|org| one["org"] == *org).unwrap();
        things.entry("COMPARISON").or_default().push((org, text(one, "id")));
    }
    for bureau in [BUREAU, OTHER_BUREAU] {
        run("2022-11-10T12:00:00+08:00", &["review", "approve", "--all", "--year", "2023", "--org", bureau]).await;
        let batch = run(LISTS, &[&["batch", "submit", "--year", "2023", "--org", bureau], &CONTACT[..]].concat()).await;
        things.entry("BATCH").or_default().push((bureau, text(&batch, "batch_no")));
    }
    things
}

/// One command by one role.
struct Cell {
    role: Role,
    act: Act,
    words: Vec<String>,
    /// Where it reaches out to; none: the act is the root's, or about all that is within reach.
    org: Option<&'static str>,
    /// Whether what is out of reach is not even there for this command.
    is_hidden: bool,
}

impl Cell {
    fn is_allowed(&self) -> bool {
        may(self.role, self.act) && self.org.is_none_or(|org| reaches(self.role, org))
    }
}

fn cells(things: &Things) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (act, row) in ROWS {
        let words: Vec<&str> = row.split(' ').collect();
        let thing = words.iter().find_map(|word| things.get_key_value(word));
        for role in Role::ALL {
            let mut push = |org: Option<&'static str>, name: &str| {
                let word = |word: &&str| {
                    let named = *word == "ORG" || things.contains_key(word);
                    if named { name.to_owned() } else { (*word).to_owned() }
                };
                let words = words.iter().map(word).collect();
                let is_hidden = ["UPLOAD", "MEMBER", "NOTICEFILE"].iter().any(|one| row.contains(one));
                cells.push(Cell { role: *role, act: *act, words, org, is_hidden });
            };
            match thing {
                Some((_, all)) => all.iter().for_each(|(org, name)| push(Some(org), name)),
                None if words.contains(&"ORG") => places(*role).iter().for_each(|org| push(Some(org), org)),
                None => push(None, ""),
            }
        }
    }
    cells
}

async fn every_command_is_for_the_roles_of_its_act_in_their_own_tree(place: Place) {
    let worker = place.ready().await;
    for name in ["junk.toml", "junk.xlsx"] {
        let _ = place.at.file(name, "junk");
    }
    for (role, org) in [("clerk", Some(UNION)), ("reviewer", Some(SECONDARY)), ("bureau", Some(BUREAU))] {
        account(&place, role, role, org).await;
    }
    for role in ["centre", "federation"] {
        account(&place, role, role, None).await;
    }
    let things = things(&place).await;
    let mut cells = cells(&things);
    assert!(cells.len() > 900, "{}", cells.len());
    if place.services.is_some() {
        // The rights are the same there, and each process takes longer: a part of them, of every role and place.
        cells = cells.into_iter().step_by(5).collect();
    }
    let ask = async |cell: &Cell| {
        let mut words = vec!["--json", "--as", cell.role.name()];
        words.extend(cell.words.iter().map(String::as_str));
        let outcome = place.at.run(&words).await;
        let code = serde_json::from_str::<Value>(&outcome.stdout).ok().map(|answer| text(&answer["error"], "code"));
        (outcome.ended, code.unwrap_or_default())
    };
    let answers: Vec<_> =
        stream::iter(&cells).map(|cell| async move { (cell, ask(cell).await) }).buffered(4).collect().await;
    let mut wrong = Vec::new();
    let mut expected: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (cell, (ended, code)) in answers {
        let is_refused = ended == Ended::Code(1) && code == "no-right";
        let is_hidden = cell.is_hidden && may(cell.role, cell.act) && !is_refused;
        if is_refused {
            *expected.entry((cell.role.name().to_owned(), cell.act.name().to_owned())).or_default() += 1;
        }
        if is_refused == cell.is_allowed() && !is_hidden {
            wrong.push(format!("{} {:?}: {ended:?} {code}", cell.role.name(), cell.words));
        }
        if is_hidden && !cell.is_allowed() && ended == Ended::Code(0) {
            wrong.push(format!("{} {:?}: {ended:?} {code}, and it is another's", cell.role.name(), cell.words));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cells.len(), wrong.join("\n"));
    let audit = place.at.json(&["audit", "--most", "100000"]).await;
    let mut recorded: BTreeMap<(String, String), usize> = BTreeMap::new();
    for act in audit.as_array().unwrap().iter().filter(|act| act["outcome"] == "refused: no-right") {
        if act["act"] == Act::CheckVoucher.name() {
            assert_eq!(act["org_code"], BUREAU, "an act of the root's, about a batch of this bureau");
        }
        *recorded.entry((text(act, "account"), text(act, "act"))).or_default() += 1;
    }
    assert_eq!(recorded, expected, "each refusal is on record once");
    drop(worker);
}
