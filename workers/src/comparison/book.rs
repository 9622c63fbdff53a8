//! What the difference workbook of a comparison holds.

use std::{cell::RefCell, path::Path};

use chrono::{Datelike, NaiveDate};
use domain::{
    cell::Cell,
    comparison::{Absent, Changed, Choice, Class, NearMatch, Refused, Repeated, Stranger},
    row::{Checked, Context, MemberRow, member},
    template::{TemplateKind, column_title},
};
use runtime::{SHANGHAI, shanghai_time};
use sheets::{Difference, Page, WriteOptions, write_difference};
use store::{organizations::Organization, uploads::Upload};
use tempfile::{SpooledData, spooled_tempfile_in};
use uuid::Uuid;

use super::{
    compare::Made,
    items::{self, key},
};
use crate::WorkError;

/// Columns that name a person, with their widths.
const PERSON: [(&str, f64); 4] = [("姓名", 14.0), ("证件类型", 22.0), ("证件号码", 24.0), ("手机号码", 16.0)];
/// Bytes of a workbook that stay in memory.
const MEMORY_BYTES: usize = 4 << 20;
/// Values that stand for one another in a change of several fields.
const BETWEEN: &str = "；";

/// Writes the workbook. Its rows are made one by one, and a long one goes into a file without a name.
pub(super) fn write(
    id: Uuid,
    made: &Made,
    upload: &Upload,
    org: &Organization,
    temp_folder: &Path,
) -> Result<SpooledData, WorkError> {
    let received = upload.received_at.with_timezone(&SHANGHAI).naive_local();
    let difference = Difference {
        lines: lines(id, upload, org),
        counts: counts(made),
        advice: made.books.notes.iter().cloned().chain(ADVICE.map(str::to_owned)).collect(),
        rows: rows(made),
        year: received.year(),
    };
    let newcomers = Newcomers { made, org, today: received.date(), lacking: RefCell::default() };
    let pages = [
        absent(id, made),
        newcomers.whole(),
        changed(id, made),
        elsewhere(id, made),
        near(made),
        repeated(made),
        newcomers.lacking().if_any(),
        refused(made).if_any(),
    ];
    let mut out = spooled_tempfile_in(MEMORY_BYTES, temp_folder);
    write_difference(&difference, pages, &WriteOptions { created: received, temp_folder }, &mut out)
        .map_err(|error| WorkError::Workbook(error.to_string()))?;
    Ok(out.into_inner())
}

/// Rows of all pages together.
fn rows(made: &Made) -> usize {
    let found = &made.comparison;
    let fields: usize = found.changed.iter().map(|changed| changed.differences.len()).sum();
    let people = [found.absent.len(), found.newcomers.len(), found.elsewhere.len(), found.near.len()];
    people.iter().sum::<usize>() + fields + found.repeated.len() + found.refused.len()
}

const ADVICE: [&str; 5] = [
    "平台有名单无：平台登记而名单中没有的会员。在“处理”列选择转移、退休、死亡、犯罪或保留；建议为“先改名单”的请先核对名单，系统不会转移或移除。",
    "名单有平台无：名单中有而平台没有的人员。该页为会员导入模板，本文件可直接作为会员导入上传，无需改动。",
    "信息不一致：选择“更新”则以名单为准；留空或“不更新”则不变。",
    "在其他工会：选择“申请转入”则向其所在工会提出转入申请。",
    "选择后保存本文件，用 rollcall compare apply 提交。“条目”列请勿改动。",
];

fn lines(id: Uuid, upload: &Upload, org: &Organization) -> Vec<(String, String)> {
    [
        ("文件", upload.file_name.clone()),
        ("工会", format!("{} {}", org.code, org.name)),
        ("上传账号", upload.account.clone()),
        ("接收时间", shanghai_time(upload.received_at)),
        ("上传编号", upload.id.to_string()),
        ("比对编号", id.to_string()),
    ]
    .map(|(label, text)| (label.to_owned(), text))
    .into()
}

fn counts(made: &Made) -> Vec<(String, u64)> {
    let counts = &made.comparison.counts;
    let of_class = |class: Class| (class.title_zh().to_owned(), counts.of(class));
    let read = std::iter::once(("读取行数".to_owned(), counts.read));
    made.books.lines().into_iter().chain(read).chain(Class::ALL.map(of_class)).collect()
}

fn page<'m>(class: Class, columns: &[(&str, f64)], rows: impl Iterator<Item = Vec<String>> + 'm) -> Page<'m> {
    Page::new(class.title_zh(), columns, rows).with_choices(Choice::offered(class))
}

/// Name, document and phone of a member.
fn member_cells(made: &Made, place: usize) -> [String; 4] {
    let member = &made.members[place];
    [
        member.name.as_str().to_owned(),
        member.document.kind.name_zh().to_owned(),
        member.document.number.as_str().to_owned(),
        member.phone.as_ref().map(|phone| phone.as_str().to_owned()).unwrap_or_default(),
    ]
}

fn stranger_cells(stranger: &Stranger) -> [String; 4] {
    let person = &stranger.person;
    [
        person.name.as_str().to_owned(),
        person.document.kind.name_zh().to_owned(),
        person.document.number.as_str().to_owned(),
        person.phone.as_ref().map(|phone| phone.as_str().to_owned()).unwrap_or_default(),
    ]
}

fn member_no(made: &Made, place: usize) -> String {
    format!("{:010}", made.states[place].person_id)
}

fn absent(id: Uuid, made: &Made) -> Page<'_> {
    let mut columns = vec![("建议", 12.0), ("会员编号", 14.0)];
    columns.extend(PERSON);
    columns.extend([
        ("工作单位", 28.0),
        ("会员标签", 16.0),
        ("出生日期", 14.0),
        ("退休日期", 14.0),
        ("死亡日期", 14.0),
    ]);
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    let row = move |(number, absent): (i64, &Absent)| {
        let member = &made.members[absent.member];
        let mut row = vec![key(id, number), String::new()];
        row.extend([
            absent.suggestion.map(|one| one.name_zh().to_owned()).unwrap_or_default(),
            member_no(made, absent.member),
        ]);
        row.extend(member_cells(made, absent.member));
        row.extend([&member.employer, &member.label].map(|text| text.as_deref().unwrap_or_default().to_owned()));
        row.extend([day(member.birth), day(member.retired_on), day(member.deceased_on)]);
        row
    };
    let numbers = items::numbers(made, Class::AbsentFromFile);
    page(Class::AbsentFromFile, &columns, numbers.zip(&made.comparison.absent).map(row))
}

/// Newcomers in the form of the member import: those that it takes as they stand, and those that lack something.
struct Newcomers<'m> {
    made: &'m Made,
    org: &'m Organization,
    today: NaiveDate,
    /// The places of those that lack something; known once the others are written.
    lacking: RefCell<Vec<u32>>,
}

impl Newcomers<'_> {
    const KIND: TemplateKind = TemplateKind::Members;

    fn whole(&self) -> Page<'_> {
        let rows = (0..).zip(&self.made.comparison.newcomers).filter_map(|(place, stranger)| {
            let row = self.row(stranger);
            let whole = self.checked(&row).value.is_some();
            if !whole {
                self.lacking.borrow_mut().push(place);
            }
            whole.then_some(row)
        });
        Page::of_template(Class::NotInRegistry.title_zh(), Self::KIND, rows)
    }

    fn lacking(&self) -> Page<'_> {
        // Asked for one by one, so that the list is looked at when it is complete.
        let places = (0..).map_while(|next: usize| self.lacking.borrow().get(next).copied());
        let rows = places.map(|place| {
            let stranger = &self.made.comparison.newcomers[place as usize];
            let mut row = self.row(stranger);
            let faults = self.checked(&row).faults.into_iter();
            row.push(
                faults.map(|fault| fault.at(None, stranger.row.row).message_zh()).collect::<Vec<_>>().join(BETWEEN),
            );
            row
        });
        let mut page = Page::of_template("名单有平台无（待补）", Self::KIND, rows);
        page.columns.push(("待补内容".to_owned(), 60.0));
        page
    }

    fn row(&self, stranger: &Stranger) -> Vec<String> {
        let (person, org) = (&stranger.person, self.org);
        let sex = person.sex.or_else(|| person.document.sex());
        let mut row: Vec<String> = stranger_cells(stranger).into();
        row.push(sex.map(|sex| sex.name_zh().to_owned()).unwrap_or_default());
        row.extend([org.name.clone(), org.code.clone()]);
        row.extend([&person.employer, &person.label].map(|text| text.as_deref().unwrap_or_default().to_owned()));
        row.resize(Self::KIND.columns().len(), String::new());
        if let (Some(state), Some(last)) = (&person.document.state, row.last_mut()) {
            state.as_str().clone_into(last);
        }
        row
    }

    fn checked(&self, row: &[String]) -> Checked<MemberRow> {
        let cells: Vec<Cell<'_>> = row.iter().map(|text| Cell::Text(text)).collect();
        member(&cells, Context::on(self.today))
    }
}

fn changed(id: Uuid, made: &Made) -> Page<'_> {
    let mut columns = vec![("行号", 8.0), ("会员编号", 14.0)];
    columns.extend(&PERSON[..3]);
    columns.extend([("字段", 16.0), ("平台登记", 30.0), ("名单填写", 30.0)]);
    let lines = move |(number, changed): (i64, &'_ Changed)| {
        // One line a field; the choice is the item's, so the first line alone names it.
        let line = |(place, difference): (usize, &domain::comparison::Difference)| {
            let item = if place == 0 { key(id, number) } else { String::new() };
            let mut row = vec![item, String::new(), made.names.cell(changed.row), member_no(made, changed.member)];
            row.extend(member_cells(made, changed.member).into_iter().take(3));
            row.push(column_title(difference.column).unwrap_or(difference.column).to_owned());
            row.extend([difference.before.clone(), difference.after.clone()]);
            row
        };
        changed.differences.iter().enumerate().map(line).collect::<Vec<_>>()
    };
    let numbers = items::numbers(made, Class::Changed);
    page(Class::Changed, &columns, numbers.zip(&made.comparison.changed).flat_map(lines))
}

fn elsewhere(id: Uuid, made: &Made) -> Page<'_> {
    let mut columns = vec![("行号", 8.0)];
    columns.extend(PERSON);
    columns.extend([("工作单位", 28.0), ("会员标签", 16.0)]);
    let row = move |(number, (_, stranger)): (i64, &(usize, Stranger))| {
        let person = &stranger.person;
        let mut row = vec![key(id, number), String::new(), made.names.cell(stranger.row)];
        row.extend(stranger_cells(stranger));
        row.extend([&person.employer, &person.label].map(|text| text.as_deref().unwrap_or_default().to_owned()));
        row
    };
    let numbers = items::numbers(made, Class::InOtherUnion);
    page(Class::InOtherUnion, &columns, numbers.zip(&made.comparison.elsewhere).map(row))
}

fn near(made: &Made) -> Page<'_> {
    let columns = [
        ("行号", 8.0),
        ("名单姓名", 14.0),
        ("名单证件号码", 24.0),
        ("会员编号", 14.0),
        ("平台姓名", 14.0),
        ("平台证件号码", 24.0),
        ("原因", 40.0),
    ];
    let row = |near: &NearMatch| {
        let (name, number) = if near.refused {
            let row = &made.comparison.refused[near.place];
            let name = row.name.as_ref().map(|name| name.as_str().to_owned());
            (name.unwrap_or_default(), row.number.as_deref().unwrap_or_default().to_owned())
        } else {
            let person = &made.comparison.newcomers[near.place].person;
            (person.name.as_str().to_owned(), person.document.number.as_str().to_owned())
        };
        let member = &made.members[near.member];
        let reasons: Vec<&str> = near.reasons.iter().map(|reason| reason.name_zh()).collect();
        vec![
            made.names.cell(near.row),
            name,
            number,
            member_no(made, near.member),
            member.name.as_str().to_owned(),
            member.document.number.as_str().to_owned(),
            reasons.join(BETWEEN),
        ]
    };
    page(Class::NearMatch, &columns, made.comparison.near.iter().map(row))
}

fn repeated(made: &Made) -> Page<'_> {
    let columns = [("行号", 8.0), PERSON[0], PERSON[1], PERSON[2], PERSON[3], ("说明", 40.0)];
    let row = |repeated: &Repeated| {
        let stranger = Stranger { row: repeated.row, person: repeated.person.clone() };
        let mut row = vec![made.names.cell(repeated.row)];
        row.extend(stranger_cells(&stranger));
        row.push(repeated.fault.clone().at(None, repeated.row.row).message_zh());
        row
    };
    page(Class::Duplicate, &columns, made.comparison.repeated.iter().map(row))
}

fn refused(made: &Made) -> Page<'_> {
    let columns = [("行号", 8.0), ("姓名", 14.0), ("证件号码", 24.0), ("原因", 60.0)];
    let row = |refused: &Refused| {
        let said = refused.faults.iter().map(|fault| fault.clone().at(None, refused.row.row).message_zh());
        vec![
            made.names.cell(refused.row),
            refused.name.as_ref().map(|name| name.as_str().to_owned()).unwrap_or_default(),
            refused.number.as_deref().unwrap_or_default().to_owned(),
            said.collect::<Vec<_>>().join(BETWEEN),
        ]
    };
    page(Class::Rejected, &columns, made.comparison.refused.iter().map(row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_s_key_tells_comparison_and_number() {
        let id = Uuid::from_u128(0x0184_2f5c_7a00_7000_8000_0000_0abc_def1);
        assert_eq!(key(id, 7), "0ABCDEF1-7");
        assert!(key(id, 7).starts_with(&items::prefix(id)));
    }
}
