//! Findings: what is wrong with a row or a file, in words that a clerk can act on.
//!
//! [`Code::TABLE`] is the one place where codes, sentences and remedies stand; the workbook's 数据说明, the marks in the
//! clerk's own file, mails and the docs are made from it.

use std::fmt::Write as _;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::template;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The row is taken, and this is said about it.
    Warning,
    /// The row (or the whole file) is not taken.
    Error,
}

impl Severity {
    /// The wire name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The word that clerks read.
    #[must_use]
    pub fn name_zh(self) -> &'static str {
        match self {
            Self::Warning => "提示",
            Self::Error => "错误",
        }
    }
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One row; the others are not touched by it.
    Row,
    /// The file as a whole, which is rejected.
    File,
}

/// One row of the table of findings.
#[derive(Clone, Copy, Debug)]
pub struct CodeRow {
    /// The code itself.
    pub code: Code,
    /// The stable wire name.
    pub name: &'static str,
    /// The usual severity; a finding may weigh less (see [`Finding::severity`]).
    pub severity: Severity,
    /// Row or file.
    pub scope: Scope,
    /// What is wrong, in Chinese, without the value.
    pub message_zh: &'static str,
    /// What to do about it, in Chinese.
    pub remedy_zh: &'static str,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident $name:literal $severity:ident $scope:ident $message:literal $remedy:literal;)*) => {
        /// The stable code of a finding.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// Every code with its meaning, in the order of the enum.
            pub const TABLE: &'static [CodeRow] = &[$(CodeRow {
                code: Code::$variant, name: $name, severity: Severity::$severity, scope: Scope::$scope,
                message_zh: $message, remedy_zh: $remedy,
            },)*];
        }
    };
}

codes! {
    /// A required cell is blank.
    Required "required" Error Row "必填项为空" "请填写后重新上传。";
    /// The kind of document is none that we know.
    IdKindUnknown "id-kind-unknown" Error Row "证件类型不在允许的范围内" "请从下拉列表中选择证件类型，允许的值见“数据说明”。";
    /// A fine number of another kind than stated.
    IdKindMismatch "id-kind-mismatch" Error Row "证件号码有效，但与所填证件类型不符" "请改正证件类型，或核对证件号码。";
    /// Too many or too few characters.
    IdLength "id-length" Error Row "证件号码位数不正确" "请对照证件核对号码；居民身份证应为 18 位。";
    /// Characters that such a number cannot have.
    IdCharacters "id-characters" Error Row "证件号码含有不允许的字符" "请对照证件核对号码，末位字母 X 以外应为数字。";
    /// The digits of the birth date are no day of the calendar.
    IdBirthDate "id-birth-date" Error Row "证件号码中的出生日期不存在" "请对照证件核对第 7 至 14 位。";
    /// The check digit does not fit the others.
    IdChecksum "id-checksum" Error Row "证件号码校验位不正确，可能录错了一位" "请对照证件逐位核对号码。";
    /// A long number in a numeric cell has lost its last digits.
    IdPrecisionLost "id-precision-lost" Error Row "号码存成了数值，第 15 位以后的数字已丢失" "请先把该列设为“文本”格式，再重新输入完整号码（或使用系统模板）。";
    /// The first two digits are no province.
    IdRegion "id-region" Warning Row "证件号码开头的地区代码不是现有的" "请核对号码；确认无误可不处理。";
    /// An ID of the first generation: for matching only.
    Id15Digits "id-15-digits" Error Row "这是 15 位的旧身份证号码" "请填写 18 位的新号码；15 位号码只能用来匹配已登记的会员。";
    /// The stated sex is not the one of the number.
    SexMismatch "sex-mismatch" Error Row "性别与证件号码不一致" "请核对性别和证件号码。";
    /// The sex is neither 男 nor 女.
    SexUnknown "sex-unknown" Error Row "性别应填“男”或“女”" "请从下拉列表中选择。";
    /// No mobile number.
    PhoneFormat "phone-format" Error Row "手机号码格式不正确" "请填写 11 位手机号码，以 1 开头。";
    /// No card number; as a warning: not one of a union's service card.
    CardFormat "card-format" Error Row "会员服务卡号格式不正确" "卡号应为 16 至 19 位数字，通常以 62 开头，请对照卡面核对。";
    /// No credit code of GB 32100.
    UsccFormat "uscc-format" Error Row "统一社会信用代码格式不正确" "应为 18 位数字和大写字母，请对照证书核对。";
    /// The row's union is neither the upload's nor below it.
    WrongUnion "wrong-union" Error Row "该行的工会不是本次上传的工会，也不是其下级" "请核对工会编号，其他工会的会员请由该工会上传。";
    /// No union has this code.
    UnionUnknown "union-unknown" Error Row "工会编号不存在" "请核对工会编号，或先建立该组织。";
    /// Whoever orders a card needs an address.
    AddressTooShort "address-too-short" Error Row "办理会员服务卡时，工作单位详细地址不得少于 6 个字" "请补全地址，或将“是否办卡”改为“否”。";
    /// Not among the values of the column; as a warning where the list is open.
    ValueNotInList "value-not-in-list" Error Row "填写的值不在列表中" "请从下拉列表中选择，允许的值见“数据说明”。";
    /// The same document or code stood in an earlier row.
    DuplicateInFile "duplicate-in-file" Error Row "与本文件中前面的行重复" "请保留一行，删除多余的行。";
    /// Registered in another union: a transfer is asked for.
    RegisteredElsewhere "registered-elsewhere" Warning Row "该会员已登记在其他工会，已转为转入申请" "无需处理，等待对方工会或上级审核。";
    /// Registered in another union, seen in a comparison: nothing is asked for before the clerk chooses so.
    InOtherUnion "in-other-union" Warning Row "该会员登记在其他工会" "需要转入的，请在差异文件“在其他工会”一页的“处理”列选择。";
    /// The registry knows the document under another name.
    NameDiffers "name-differs" Warning Row "姓名与已登记的姓名不同，登记的姓名未改动" "请核对；确需更名的请联系上级工会。";
    /// Somebody with another document is registered who is likely the same person (decision 48).
    LikelyDuplicate "likely-duplicate" Warning Row "可能与已登记的会员是同一人" "已按新会员登记；请核对证件，确为同一人的请联系上级工会处理，以免重复参保。";
    /// Not a name.
    NameFormat "name-format" Error Row "姓名含有不允许的字符" "请填写证件上的姓名，不要带数字、符号或备注。";
    /// A name that may be nobody's: a word for "not known yet", an example, several people in one cell.
    NameDoubtful "name-doubtful" Warning Row "姓名可能不是本人的真实姓名" "请对照证件核对；有误的请改正后重新上传。";
    /// Question marks or U+FFFD where text was: lost when the file was saved.
    TextLost "text-lost" Error Row "文字在保存文件时丢失，变成了问号" "请打开原来的文件，另存为 .xlsx（或“CSV UTF-8”）后重新上传；已丢失的文字无法找回。";
    /// Not a date that we understand.
    DateFormat "date-format" Error Row "日期无法识别" "请按 2022-11-03 的格式填写。";
    /// A date that cannot be, such as one in another century.
    DateImplausible "date-implausible" Error Row "日期不合理" "请核对年份。";
    /// A date with the time of day that a program made of midnight when it wrote it in another time zone.
    DateShifted "date-shifted" Warning Row "日期带有时间，可能相差一天" "请核对日期；有的程序按世界时（UTC）保存日期，会少一天。";
    /// The upper union is neither registered nor in the file.
    ParentUnknown "parent-unknown" Error Row "上级工会编号不存在" "请核对上级工会编号；上级组织也可以放在同一个文件中。";
    /// The upper union can't have such a union below it.
    ParentLevel "parent-level" Error Row "该级别的组织不能设在所填的上级工会之下" "请核对级别和上级工会编号。";
    /// The parents of the file go round in a circle.
    ParentCycle "parent-cycle" Error Row "上级工会互为上级，形成了循环" "请核对上级工会编号。";
    /// The level is none that we know.
    LevelUnknown "level-unknown" Error Row "级别不在允许的范围内" "请从下拉列表中选择级别，允许的值见“数据说明”。";
    /// No e-mail address.
    EmailFormat "email-format" Error Row "电子邮箱格式不正确" "请填写一个邮箱地址，例如 name@example.org。";
    /// No union's code.
    OrgCodeFormat "org-code-format" Error Row "工会编号格式不正确" "工会编号只含数字和字母，请核对。";
    /// Longer than the column takes.
    ValueTooLong "value-too-long" Error Row "内容过长" "请缩短后重新填写。";
    /// A formula's error value stands in the cell.
    CellError "cell-error" Error Row "单元格中是公式错误（如 #N/A）" "请填写值，不要使用公式。";
    /// A formula stands in the cell, and no program has saved what it comes to.
    FormulaUnsaved "formula-unsaved" Error Row "公式没有保存结果" "请用 Excel 打开后保存，再重新上传；或直接填写值。";
    /// A value of another sort than the column's, such as a date in a name.
    ValueKind "value-kind" Error Row "单元格的内容类型不对" "请把该列设为“文本”格式后重新填写。";
    /// Nobody of the union has this document.
    MemberUnknown "member-unknown" Error Row "本工会及下级工会没有该证件号码的会员" "请核对证件类型和证件号码；会员可能已经转出。";
    /// The member is in that union already.
    SameUnion "same-union" Error Row "会员已在所填的转入工会" "无需转移，请删除该行。";
    /// Only grassroots unions have members.
    UnionLevel "union-level" Error Row "所填的工会不是基层工会，不能接收会员" "请填写基层工会或临时工会的编号。";
    /// A death is on record.
    DeceasedOnRecord "deceased-on-record" Error Row "该会员已登记死亡，不能转移" "请按“死亡”移除该会员。";
    /// The same transfer waits for an answer.
    AlreadyRequested "already-requested" Warning Row "相同的转移申请正在等待审核" "无需重复申请，等待转入工会或其上级审核。";

    /// No spreadsheet at all.
    NotASpreadsheet "not-a-spreadsheet" Error File "这不是可以读取的电子表格" "请上传 .xlsx、.xls、.ods 或 .csv 文件；其他格式请用 Excel 或 WPS 打开后另存为 .xlsx。";
    /// Protected by a password.
    Encrypted "encrypted" Error File "文件设有打开密码" "请取消密码后另存，再重新上传。";
    /// Its text was lost when it was saved.
    FileTextLost "file-text-lost" Error File "文件中的文字在保存时丢失，变成了问号" "请打开原来的文件，另存为 .xlsx（或“CSV UTF-8”）后重新上传；已丢失的文字无法从本文件找回。";
    /// Truncated or broken.
    Damaged "damaged" Error File "文件已损坏或不完整" "请用 Excel 或 WPS 打开并另存为 .xlsx，再重新上传。";
    /// Made to do harm, or not to be told from such.
    Hostile "hostile" Error File "文件结构异常，已停止读取" "请把数据复制到系统模板中，再重新上传。";
    /// Beyond a limit.
    TooLarge "too-large" Error File "文件超过了允许的大小" "请删除多余的工作表、行和列，或拆成几个文件上传。";
    /// No sheet has the header of the template.
    NoHeader "no-header" Error File "没有找到表头" "请使用系统模板，不要改动表头的文字。";
    /// The header lacks required columns.
    ColumnsMissing "columns-missing" Error File "缺少必填的列" "请按系统模板补上所缺的列。";
    /// A header and nothing below it.
    NoRows "no-rows" Error File "表头下面没有数据" "请填写数据后重新上传。";
    /// A difference workbook in which nothing is chosen.
    NothingChosen "nothing-chosen" Error File "“处理”列中没有选择任何办法" "请在“处理”列选择办法，保存后重新提交。";
    /// A visible sheet looks like data and was not read.
    SheetNotRead "sheet-not-read" Warning File "有工作表像是数据，但没有读取" "请给该工作表加上与模板相同的表头后重新上传；不需要的，请删除该工作表。";
    /// Rows under a heading that can't be read.
    BlockNotRead "block-not-read" Warning File "有的行没有读取" "请在这些行上方补全表头，或移到同一表头之下，再重新上传。";
    /// A hidden sheet looks like data.
    SheetHidden "sheet-hidden" Warning File "隐藏的工作表像是数据，没有读取" "需要读取的，请取消隐藏后重新上传。";
    /// Rows that nobody sees were read.
    RowsHidden "rows-hidden" Warning File "隐藏或被筛选掉的行也已读取" "请核对这些行；不需要的，请删除后重新上传。";
    /// Titles, footers, hints, repeated headings, rows without a person.
    RowsSkipped "rows-skipped" Warning File "有的行不是人员，已跳过" "无需处理；其中有人员的，请补全姓名和证件号码后重新上传。";
    /// A heading that was recognised beside a better one.
    ColumnNotUsed "column-not-used" Warning File "有的列已识别，但没有使用" "请核对所取的列；取错了的，请改用模板的表头。";
    /// The kind of document has no column, and every number is one of a 居民身份证.
    IdKindAssumed "id-kind-assumed" Warning File "没有“证件类型”列，号码都是有效的居民身份证号码，已按居民身份证读取" "请核对；有其他证件的，请补上“证件类型”列。";
    /// A template of another kind.
    WrongTemplate "wrong-template" Error File "这是另一种模板的文件" "请核对上传的种类，或换用正确的模板。";
}

impl Code {
    /// The row of the table that describes this code.
    #[must_use]
    pub fn row(self) -> &'static CodeRow {
        &Self::TABLE[self as usize]
    }

    /// The stable wire name, as `id-checksum`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The code of a wire name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::TABLE.iter().find(|row| row.name == name).map(|row| row.code)
    }

    /// The usual severity.
    #[must_use]
    pub fn severity(self) -> Severity {
        self.row().severity
    }

    /// Row or file.
    #[must_use]
    pub fn scope(self) -> Scope {
        self.row().scope
    }

    /// What is wrong, in Chinese.
    #[must_use]
    pub fn message_zh(self) -> &'static str {
        self.row().message_zh
    }

    /// What to do about it, in Chinese.
    #[must_use]
    pub fn remedy_zh(self) -> &'static str {
        self.row().remedy_zh
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&name).ok_or_else(|| serde::de::Error::custom(format_args!("unknown finding code {name:?}")))
    }
}

/// A finding before it has its place in a file: what the validators of [`crate::row`] give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub code: Code,
    /// How much it weighs here.
    pub severity: Severity,
    /// The key of the column ([`template::Column::key`]), if it is about one.
    pub column: Option<&'static str>,
    /// The value, masked; never the whole of a number or a name.
    pub value_masked: Option<String>,
    /// What is particular here, in Chinese: the missing columns, the kind that the number has.
    pub detail: Option<String>,
}

impl Fault {
    /// A fault of a column with the code's usual severity.
    #[must_use]
    pub fn new(code: Code, column: &'static str) -> Self {
        Self { code, severity: code.severity(), column: Some(column), value_masked: None, detail: None }
    }

    /// The same as a warning.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// The same with a masked value; an empty one shows nothing and is none.
    #[must_use]
    pub fn value(mut self, masked: impl Into<String>) -> Self {
        self.value_masked = Some(masked.into()).filter(|masked| !masked.is_empty());
        self
    }

    /// The same with what is particular here, in Chinese.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The finding at its place.
    #[must_use]
    pub fn at(self, sheet: Option<&str>, row: u32) -> Finding {
        let Self { code, severity, column, value_masked, detail } = self;
        Finding { code, severity, sheet: sheet.map(str::to_owned), block: 1, row, column, value_masked, detail }
    }
}

/// One thing found in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What is wrong.
    pub code: Code,
    /// How much it weighs here: some codes are errors in one place and warnings in another.
    pub severity: Severity,
    /// The sheet, if the file has sheets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// The block of the sheet, from 1: a heading with the rows below it; 0 where the finding is about the file.
    pub block: u16,
    /// The row as the clerk sees it in Excel, from 1; 0 where the finding is about the file.
    pub row: u32,
    /// The key of the column ([`template::Column::key`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<&'static str>,
    /// The value, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_masked: Option<String>,
    /// What is particular here, in Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Finding {
    /// A finding about the file as a whole.
    #[must_use]
    pub fn file(code: Code, detail: Option<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            sheet: None,
            block: 0,
            row: 0,
            column: None,
            value_masked: None,
            detail,
        }
    }

    /// Column, sentence and masked value: `「手机号码」手机号码格式不正确（138****800）`.
    #[must_use]
    pub fn message_zh(&self) -> String {
        sentence(self.code, self.column, self.detail.as_deref(), self.value_masked.as_deref())
    }

    /// What to do about it, in Chinese.
    #[must_use]
    pub fn remedy_zh(&self) -> &'static str {
        self.code.remedy_zh()
    }
}

fn sentence(code: Code, column: Option<&str>, detail: Option<&str>, value: Option<&str>) -> String {
    let mut out = String::with_capacity(96);
    if let Some(column) = column {
        let _ = write!(out, "「{}」", template::column_title(column).unwrap_or(column));
    }
    out.push_str(code.message_zh());
    if let Some(detail) = detail {
        let _ = write!(out, "：{detail}");
    }
    // Brackets around nothing tell nobody anything, wherever the value came from.
    if let Some(value) = value.filter(|value| !value.trim().is_empty()) {
        let _ = write!(out, "（{value}）");
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_has_a_name_a_sentence_and_a_remedy() {
        let mut names = HashSet::new();
        for (place, row) in Code::TABLE.iter().enumerate() {
            assert_eq!(row.code as usize, place);
            assert!(names.insert(row.name), "{} twice", row.name);
            assert!(row.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            assert!(!row.message_zh.is_empty() && row.remedy_zh.ends_with('。'), "{}", row.name);
            assert_eq!(Code::parse(row.name), Some(row.code));
        }
        assert_eq!(Code::parse("no-such-code"), None);
    }

    #[test]
    fn a_message_names_column_sentence_and_value() {
        let finding = Fault::new(Code::PhoneFormat, "phone").value("138****800").at(Some("报表"), 13);
        assert_eq!(finding.message_zh(), "「手机号码」手机号码格式不正确（138****800）");
        assert_eq!(finding.row, 13);
        let finding = Finding::file(Code::ColumnsMissing, Some("姓名、证件号码".to_owned()));
        assert_eq!(finding.message_zh(), "缺少必填的列：姓名、证件号码");
        assert_eq!(
            Fault::new(Code::IdLength, "id_number").value("").at(None, 2).message_zh(),
            "「证件号码」证件号码位数不正确"
        );
    }
}
