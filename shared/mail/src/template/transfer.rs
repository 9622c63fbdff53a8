//! The mails of transfers: asked for, agreed, refused. One mail for all members that went one way together.

use serde::{Deserialize, Serialize};

use super::letter::Letter;

/// Members that a mail names; `rollcall transfer list` has all.
pub const NAMED_PEOPLE: usize = 20;

/// What the mails of transfers are written from. No personal data but masked values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferLetter {
    /// 工会编号 of the union that the mail is for.
    pub org_code: String,
    /// 工会组织名称 of the union that the mail is for.
    pub org_name: String,
    /// The union that the members are or were in, as number and name.
    pub from: String,
    /// The union that they are to be in, as number and name.
    pub to: String,
    /// How many there are.
    pub count: u64,
    /// The first of them: name and document, masked.
    pub people: Vec<String>,
    /// Numbers of the first requests, with blanks between, as the command takes them.
    pub numbers: String,
    /// Why, in the words of who asked or decided.
    #[serde(default)]
    pub reason: Option<String>,
    /// When, as people read it.
    pub at: String,
}

pub(super) fn requested(of: &TransferLetter) -> Letter {
    Letter::new(subject(of, "等待您审核"))
        .text("有会员转移申请需要您所在工会审核；上级工会也可以代为审核。")
        .facts(facts(of, "申请原因", "申请时间"))
        .list(title(of), of.people.clone())
        .text(format!("请在平台对下列编号的申请予以同意或者不同意；不同意的，须写明原因。申请编号：{}", of.numbers))
}

pub(super) fn approved(of: &TransferLetter) -> Letter {
    Letter::new(subject(of, "已转移"))
        .text("下列会员的会籍已转移。")
        .facts(facts(of, "转移原因", "生效时间"))
        .list(title(of), of.people.clone())
        .text("请转入工会核对会员信息；需要修改的，重新导入该会员即可。")
}

pub(super) fn rejected(of: &TransferLetter) -> Letter {
    Letter::new(subject(of, "未获同意"))
        .text("下列会员的转移申请未获同意，会籍没有变化。")
        .facts(facts(of, "原因", "审核时间"))
        .list(title(of), of.people.clone())
        .text("如有异议，请与对方工会或共同的上级工会联系；情况变化后可以重新申请。")
}

fn subject(of: &TransferLetter, outcome: &str) -> String {
    format!("【会籍转移】{}（{}）：{}人{outcome}", of.org_name, of.org_code, of.count)
}

fn facts(of: &TransferLetter, why: &str, when: &str) -> Vec<(String, String)> {
    let mut facts = vec![
        ("转出工会".to_owned(), of.from.clone()),
        ("转入工会".to_owned(), of.to.clone()),
        ("人数".to_owned(), format!("{} 人", of.count)),
    ];
    facts.extend(of.reason.as_ref().map(|reason| (why.to_owned(), reason.clone())));
    facts.push((when.to_owned(), of.at.clone()));
    facts
}

/// The title of the list; it says how many are left out.
fn title(of: &TransferLetter) -> String {
    let shown = of.people.len() as u64;
    if of.count > shown { format!("会员（前 {shown} 人，共 {} 人）", of.count) } else { "会员".to_owned() }
}
