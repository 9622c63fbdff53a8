//! The mails of a comparison: done, and what became of the clerk's choices.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::letter::Letter;

/// Refused items that a mail names; the command shows more.
const NAMED: usize = 20;

/// What the mail about a comparison is written from. No personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComparisonLetter {
    /// The upload.
    pub upload_id: Uuid,
    /// The comparison.
    pub comparison_id: Uuid,
    /// 工会编号.
    pub org_code: String,
    /// 工会组织名称.
    pub org_name: String,
    /// The file's name as it was uploaded.
    pub file_name: String,
    /// When it was received, as people read it.
    pub received_at: String,
    /// What was not read, a line each: it leads the mail.
    #[serde(default)]
    pub unread: Vec<String>,
    /// Label in Chinese and number of rows, of the books of the file; none where nothing was skipped or not read.
    #[serde(default)]
    pub books: Vec<(String, u64)>,
    /// Rows read.
    pub read: u64,
    /// Label in Chinese and count, in the order of the workbook.
    pub counts: Vec<(String, u64)>,
    /// Whether there is anything to do.
    pub differs: bool,
    /// Whether the workbook asks for choices (处理); where all that differs is new people, there are none.
    pub asks: bool,
}

/// What the mail about carried-out choices is written from. Numbers are masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationLetter {
    /// The comparison.
    pub comparison_id: Uuid,
    /// 工会编号.
    pub org_code: String,
    /// 工会组织名称.
    pub org_name: String,
    /// The file's name as the clerk knows it.
    pub file_name: String,
    /// Why the file as a whole was not taken.
    #[serde(default)]
    pub reason: Option<String>,
    /// Items for which something was chosen.
    pub chosen: u64,
    /// Those carried out.
    pub done: u64,
    /// Those refused.
    pub refused: u64,
    /// The first that were refused.
    #[serde(default)]
    pub refusals: Vec<RefusedLine>,
}

/// A choice that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedLine {
    /// The person's name.
    pub name: String,
    /// The document's number, masked.
    pub id_masked: String,
    /// What was chosen, in Chinese.
    pub choice: String,
    /// Why not, in Chinese.
    pub message: String,
}

pub(super) fn done(of: &ComparisonLetter) -> Letter {
    let (outcome, advice) = match (of.differs, of.asks) {
        (true, true) => (
            "比对完成，请处理差异",
            "请打开差异文件逐页核对：在“处理”列选择办法后保存，再按下列命令提交；“名单有平台无”一页可直接作为会员导入上传。",
        ),
        (true, false) => (
            "比对完成，名单与平台不一致",
            "请打开差异文件逐页核对：退回和重复的行请在名单中改正；“名单有平台无”一页可直接作为会员导入上传。",
        ),
        (false, _) => ("比对完成，全部一致", "名单与平台一致，您不需要再做什么。"),
    };
    let mut facts = facts(&of.org_name, &of.org_code, &of.file_name);
    facts.extend([("接收时间", of.received_at.clone()), ("比对编号", of.comparison_id.to_string())].map(own));
    let counts = of.counts.iter().map(|(label, count)| (label.clone(), count.to_string()));
    let letter = Letter::new(subject(&of.org_name, &of.org_code, outcome))
        .text("您上传的名单已与平台登记的会员比对完成。")
        .list("没有读取的内容", of.unread.clone())
        .facts(facts)
        .facts(of.books.iter().map(|(label, count)| (label.clone(), format!("{count} 行"))).collect())
        .facts(std::iter::once(("读取".to_owned(), format!("{} 行", of.read))).chain(counts).collect())
        .text(advice)
        .text(format!("差异文件可凭上传编号 {} 在平台领取。", of.upload_id));
    if of.asks {
        letter.text(format!("填好“处理”一列后，凭比对编号 {} 在平台提交。", of.comparison_id))
    } else {
        letter
    }
}

pub(super) fn applied(of: &ApplicationLetter) -> Letter {
    let outcome = match (&of.reason, of.refused) {
        (Some(_), _) => "处理文件被退回".to_owned(),
        (None, 0) => format!("已处理{}项", of.done),
        (None, refused) => format!("已处理{}项，{refused}项未能处理", of.done),
    };
    let mut facts = facts(&of.org_name, &of.org_code, &of.file_name);
    facts.extend([("比对编号", of.comparison_id.to_string())].map(own));
    let letter = Letter::new(subject(&of.org_name, &of.org_code, &outcome));
    if let Some(reason) = &of.reason {
        return letter.text(format!("处理文件被整份退回，未作任何变更。原因：{reason}")).facts(facts);
    }
    let unchanged = of.chosen.saturating_sub(of.done + of.refused);
    let counts =
        [("选择处理", of.chosen), ("已处理", of.done), ("未能处理", of.refused), ("已是如此，无需处理", unchanged)];
    let counts = counts.into_iter().filter(|(label, count)| *count > 0 || *label != "已是如此，无需处理");
    let shown = of.refusals.len().min(NAMED);
    let title = if of.refused > shown as u64 {
        format!("未能处理的项（前 {shown} 项，共 {} 项）", of.refused)
    } else {
        "未能处理的项".to_owned()
    };
    let named = |line: &RefusedLine| format!("{}（{}）{}：{}", line.name, line.id_masked, line.choice, line.message);
    letter
        .text("您在差异文件中选择的处理已逐项办理，结果如下。")
        .facts(facts)
        .facts(counts.map(|(label, count)| (label.to_owned(), format!("{count} 项"))).collect())
        .list(title, of.refusals.iter().take(NAMED).map(named).collect())
}

fn subject(name: &str, code: &str, outcome: &str) -> String {
    format!("【会员比对】{name}（{code}）：{outcome}")
}

fn facts(name: &str, code: &str, file: &str) -> Vec<(String, String)> {
    [("工会", format!("{name}（{code}）")), ("文件", file.to_owned())].map(own).into()
}

fn own((label, value): (&str, String)) -> (String, String) {
    (label.to_owned(), value)
}

/// An invented comparison, for previews and tests.
pub(super) fn example_done() -> ComparisonLetter {
    let counts = [
        ("一致", 120),
        ("信息不一致", 3),
        ("平台有名单无", 5),
        ("名单有平台无", 4),
        ("在其他工会", 1),
        ("疑似同一人", 1),
    ];
    ComparisonLetter {
        upload_id: Uuid::from_u128(0x0184_3f5a_7c00_7000_8000_0000_0000_0001),
        comparison_id: Uuid::from_u128(0x0184_3f5a_7c00_7000_8000_0000_0000_0002),
        org_code: "31010101".to_owned(),
        org_name: "示例快递服务站工会".to_owned(),
        file_name: "名单.xlsx".to_owned(),
        received_at: "2022-11-01 20:00:00".to_owned(),
        unread: Vec::new(),
        books: Vec::new(),
        read: 128,
        counts: counts.map(|(label, count)| (label.to_owned(), count)).into(),
        differs: true,
        asks: true,
    }
}

/// Invented choices that were carried out, for previews and tests.
pub(super) fn example_applied() -> ApplicationLetter {
    ApplicationLetter {
        comparison_id: Uuid::from_u128(0x0184_3f5a_7c00_7000_8000_0000_0000_0002),
        org_code: "31010101".to_owned(),
        org_name: "示例快递服务站工会".to_owned(),
        file_name: "差异.xlsx".to_owned(),
        reason: None,
        chosen: 6,
        done: 5,
        refused: 1,
        refusals: vec![RefusedLine {
            name: "王测".to_owned(),
            id_masked: "3101 **** **** 1234".to_owned(),
            choice: "转移".to_owned(),
            message: "比对之后会员信息已有变动，请重新比对".to_owned(),
        }],
    }
}
