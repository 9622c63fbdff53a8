//! The mails of an upload: done, rejected whole, held, failed.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::letter::Letter;

/// Findings that a mail names row by row; the workbook has all.
const NAMED_FINDINGS: usize = 20;

/// What the mails of an upload are written from. No personal data but masked values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadLetter {
    /// The upload.
    pub upload_id: Uuid,
    /// Kind in Chinese, as 会员导入.
    pub kind_title: String,
    /// 工会编号.
    pub org_code: String,
    /// 工会组织名称.
    pub org_name: String,
    /// The file's name as it was uploaded.
    pub file_name: String,
    /// When it was received, as people read it.
    pub received_at: String,
    /// Rows by outcome; none where nothing was read.
    #[serde(default)]
    pub counts: Option<Counts>,
    /// Findings by code, the most serious first.
    #[serde(default)]
    pub finding_counts: Vec<FindingCount>,
    /// The first findings; at most 20 are shown.
    #[serde(default)]
    pub findings: Vec<FindingLine>,
    /// Why it was rejected whole, held or failed.
    #[serde(default)]
    pub reason: Option<Reason>,
    /// What was not read, a line each: it leads the mail.
    #[serde(default)]
    pub unread: Vec<String>,
    /// The figures for which it is held.
    #[serde(default)]
    pub figures: Vec<Figure>,
    /// Whether the result workbook goes with the mail.
    #[serde(default)]
    pub attached: bool,
}

/// Rows of an upload by outcome; read = accepted + unchanged + rejected + duplicate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows read.
    pub read: u64,
    /// Rows stored.
    pub accepted: u64,
    /// Rows that say what is stored already.
    pub unchanged: u64,
    /// Rows with an error.
    pub rejected: u64,
    /// Rows that repeat an earlier row of the file.
    pub duplicate: u64,
    /// Transfer-in requests; a part of accepted.
    #[serde(default)]
    pub transfers: u64,
    /// Rows that hold anything: headings, those read, skipped and not read.
    #[serde(default)]
    pub content: u64,
    /// Rows of headings.
    #[serde(default)]
    pub headings: u64,
    /// Titles, footers, hints and their like.
    #[serde(default)]
    pub skipped: u64,
    /// Rows of sheets and blocks that were not read.
    #[serde(default)]
    pub not_read: u64,
}

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The row is not stored.
    Error,
    /// The row is stored.
    Warning,
}

/// Findings of one code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingCount {
    /// Stable code, as `id-checksum`.
    pub code: String,
    /// How grave.
    pub severity: Severity,
    /// What it means, in Chinese.
    pub message: String,
    /// What to do, in Chinese.
    pub remedy: String,
    /// How many.
    pub count: u64,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingLine {
    /// The sheet, where a row number alone does not tell the row.
    #[serde(default)]
    pub sheet: Option<String>,
    /// Row as Excel shows it; 0 where it is about the file.
    pub row: u32,
    /// Header of the column.
    #[serde(default)]
    pub column: Option<String>,
    /// The value, masked.
    #[serde(default)]
    pub value_masked: Option<String>,
    /// What is wrong, in Chinese.
    pub message: String,
}

/// Why a whole file did not go through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Stable code, as `no-header`.
    pub code: String,
    /// What it means, in Chinese.
    pub message: String,
    /// What to do, in Chinese.
    #[serde(default)]
    pub remedy: String,
}

/// A figure with its label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// In Chinese.
    pub label: String,
    /// With its unit.
    pub value: String,
}

pub(super) fn done(of: &UploadLetter) -> Letter {
    let outcome = of.counts.map_or_else(
        || "处理完成".to_owned(),
        |counts| match (counts.not_read, counts.rejected) {
            (0, 0) => format!("处理完成，共{}行", counts.read),
            (0, rejected) => format!("处理完成，{rejected}行需要修改"),
            (not_read, 0) => format!("处理完成，有{not_read}行没有读取"),
            (not_read, rejected) => format!("处理完成，有{not_read}行没有读取，{rejected}行需要修改"),
        },
    );
    let advice = match of.counts {
        Some(counts) if counts.rejected > 0 => {
            "无误的行已经入库。请按下列说明修改退回的行，再次上传；整个文件重新上传也可以，已入库的行不会重复。"
        }
        Some(counts) if counts.not_read > 0 => {
            "读取的行均已处理。没有读取的内容没有入库，请按下列说明处理后再次上传，已入库的行不会重复。"
        }
        _ if !of.finding_counts.is_empty() => {
            "所有行均已处理。下列提醒不影响入库，请核对；确有错误的，改正后再次上传即可。"
        }
        _ => "所有行均已处理，您不需要再做什么。",
    };
    let letter = Letter::new(subject(of, &outcome))
        .text("您上传的文件已处理完成。")
        .list("没有读取的内容", of.unread.clone())
        .facts(facts(of))
        .facts(of.counts.map(count_facts).unwrap_or_default())
        .text(advice)
        .list("问题汇总", of.finding_counts.iter().map(summed).collect())
        .list(title(of), of.findings.iter().take(NAMED_FINDINGS).map(named).collect())
        .text(result(of));
    match of.counts {
        Some(counts) if counts.rejected > 0 => {
            letter.text(format!("只含退回行的模板文件，可凭上传编号 {} 在平台领取，改好即可再上传。", of.upload_id))
        }
        _ => letter,
    }
}

pub(super) fn rejected(of: &UploadLetter) -> Letter {
    with_reason(Letter::new(subject(of, "文件被退回")).text("您上传的文件被整份退回，没有任何内容入库。"), of)
        .facts(facts(of))
        .list(title(of), of.findings.iter().take(NAMED_FINDINGS).map(named).collect())
        .text("请按上述说明处理后重新上传。")
}

pub(super) fn held(of: &UploadLetter) -> Letter {
    let letter = Letter::new(subject(of, "暂缓处理，请核对"))
        .text("您上传的文件格式正确，但内容与现有名册相差较大，可能是传错了文件，系统已暂缓处理，尚未入库。");
    with_reason(letter, of)
        .list("没有读取的内容", of.unread.clone())
        .facts(facts(of))
        // Nothing is decided yet: only how many rows were read is known.
        .facts(of.counts.map(|counts| vec![("读取".to_owned(), format!("{} 行", counts.read))]).unwrap_or_default())
        .list("触发核对的数据", of.figures.iter().map(|figure| format!("{}：{}", figure.label, figure.value)).collect())
        .text(format!(
            "核对无误的，请凭上传编号 {} 在平台放行；传错了文件的，请作废后重新上传。上级工会也可以代为办理。",
            of.upload_id
        ))
}

pub(super) fn failed(of: &UploadLetter) -> Letter {
    with_reason(
        Letter::new(subject(of, "未能处理"))
            .text("由于系统原因，您上传的文件未能处理。文件已妥善保存，您不需要重新上传。"),
        of,
    )
    .facts(facts(of))
    .text("技术人员排除故障后会继续处理，届时您会收到结果邮件。如有疑问，请告知上传编号。")
}

/// Figures: when, and what was taken back.
pub(super) fn undone(of: &UploadLetter) -> Letter {
    let figures = of.figures.iter().map(|figure| (figure.label.clone(), figure.value.clone())).collect();
    Letter::new(subject(of, "本次导入已撤销"))
        .text("下列导入已整份撤销：新增的会员不再在册，修改过的信息恢复为导入前的内容，转入申请作废。")
        .facts(facts(of))
        .facts(figures)
        .text("需要恢复的，重新上传原文件即可。")
}

fn subject(of: &UploadLetter, outcome: &str) -> String {
    format!("【{}】{}（{}）：{outcome}", of.kind_title, of.org_name, of.org_code)
}

fn with_reason(letter: Letter, of: &UploadLetter) -> Letter {
    let Some(reason) = &of.reason else { return letter };
    let letter = letter.text(format!("原因：{}（{}）", reason.message, reason.code));
    if reason.remedy.is_empty() { letter } else { letter.text(format!("处理办法：{}", reason.remedy)) }
}

fn facts(of: &UploadLetter) -> Vec<(String, String)> {
    [
        ("工会", format!("{}（{}）", of.org_name, of.org_code)),
        ("文件", of.file_name.clone()),
        ("类型", of.kind_title.clone()),
        ("接收时间", of.received_at.clone()),
        ("上传编号", of.upload_id.to_string()),
    ]
    .map(|(label, value)| (label.to_owned(), value))
    .into()
}

fn count_facts(counts: Counts) -> Vec<(String, String)> {
    let transfers =
        if counts.transfers > 0 { format!("（其中转入申请 {} 行）", counts.transfers) } else { String::new() };
    let books = if counts.skipped + counts.not_read > 0 {
        vec![
            ("有内容的行", format!("{} 行", counts.content)),
            ("其中表头", format!("{} 行", counts.headings)),
            ("跳过（标题、合计、说明等）", format!("{} 行", counts.skipped)),
            ("没有读取", format!("{} 行", counts.not_read)),
        ]
    } else {
        Vec::new()
    };
    let rows = [
        ("读取", format!("{} 行", counts.read)),
        ("接收", format!("{} 行{transfers}", counts.accepted)),
        ("无变化", format!("{} 行", counts.unchanged)),
        ("退回", format!("{} 行", counts.rejected)),
        ("文件内重复", format!("{} 行", counts.duplicate)),
    ];
    books.into_iter().chain(rows).map(|(label, value)| (label.to_owned(), value)).collect()
}

fn summed(of: &FindingCount) -> String {
    let severity = match of.severity {
        Severity::Error => "错误",
        Severity::Warning => "提醒",
    };
    format!("{severity} {} 处：{}（{}）。{}", of.count, of.message, of.code, of.remedy)
}

fn named(finding: &FindingLine) -> String {
    let column = finding.column.as_ref().map(|column| format!(" {column}")).unwrap_or_default();
    let value = finding.value_masked.as_ref().map(|value| format!("「{value}」")).unwrap_or_default();
    let sheet = finding.sheet.as_ref().map(|sheet| format!("工作表“{sheet}”")).unwrap_or_default();
    if finding.row == 0 {
        return finding.message.clone();
    }
    format!("{sheet}第 {} 行{column}{value}：{}", finding.row, finding.message)
}

/// The title of the findings; it says how many are left out.
fn title(of: &UploadLetter) -> String {
    let all: u64 = of.finding_counts.iter().map(|count| count.count).sum();
    let all = all.max(of.findings.len() as u64);
    let shown = of.findings.len().min(NAMED_FINDINGS) as u64;
    if all > shown {
        format!("问题明细（前 {shown} 处，共 {all} 处，其余见结果文件）")
    } else {
        "问题明细".to_owned()
    }
}

fn result(of: &UploadLetter) -> String {
    let attached = if of.attached { "结果文件见附件。" } else { "" };
    format!("{attached}结果文件（原表加标注，有问题的单元格已着色）可凭上传编号 {} 在平台领取。", of.upload_id)
}
