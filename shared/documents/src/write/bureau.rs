//! The notice of a bureau.

use domain::{
    money::{Money, PAYERS_ZH},
    year::texts::{day_zh, last_day_zh},
};

use crate::{
    bureau::{BureauNotice, UnitLine},
    check,
    document::{Document, RenderError},
    layout::{
        Align::{Centre, Left, Right},
        Book, Column, Field, Row, form, table,
    },
    pdf::Style,
    write::gone,
    write::letter::{self, Head, amounts, column, instant, section, yuan},
};

const PLANS: [Column; 7] = [
    column("保障类型", 1.7, Left),
    column("单位数", 0.6, Right),
    column("参保人数", 0.75, Right),
    column(PAYERS_ZH[0], 1.05, Right),
    column(PAYERS_ZH[1], 1.2, Right),
    column(PAYERS_ZH[2], 1.0, Right),
    column("合计", 1.1, Right),
];
const DUE: [Column; 2] = [column("项目", 2.4, Left), column("金额（元）", 1.0, Right)];
const UNITS: [Column; 9] = [
    column("序号", 0.42, Centre),
    column("工会编号", 1.0, Left),
    column("单位名称", 2.0, Left),
    column("类型", 0.42, Centre),
    column("人数", 0.5, Right),
    column(PAYERS_ZH[0], 0.92, Right),
    column(PAYERS_ZH[1], 1.05, Right),
    column(PAYERS_ZH[2], 0.92, Right),
    column("合计", 0.95, Right),
];

pub(crate) fn render(of: &BureauNotice) -> Result<Document, RenderError> {
    of.agrees()?;
    let head = Head {
        title: format!("{}年度集中参保告知书（区局）", of.year),
        issuer: &of.issuer,
        number: &of.number,
        version: of.version,
        union: &of.bureau.name,
        check: check::of("bureau", of)?,
    };
    let mut book = Book::open()?;
    letter::head(&mut book, &head);
    letter::void(&mut book, of.version, of.replaces.as_ref());
    about(&mut book, of);
    plans(&mut book, of);
    due(&mut book, of);
    paying(&mut book, of);
    gone::people(&mut book, 5, &of.gone, "上述人员已计入人数和金额，请与所在单位和职保中心核实。");
    letter::ending(&mut book, &annex_title(of), &of.issuer, of.submitted_at.date());
    annex(&mut book, of);
    letter::finish(book, &head)
}

fn about(book: &mut Book, of: &BureauNotice) {
    book.paragraph(&format!("{}：", of.bureau.name), 0.0, Style::of(10.5));
    book.paragraphs(&format!(
        "你单位{}提交至职保中心的{}年度集中参保批次已收到，提交后不能修改。现将参保人数、费用和缴费事项告知如下，请认真核对。",
        instant(of.submitted_at),
        of.year
    ));
    book.gap(4.0);
    let contact = &of.contact;
    form(
        book,
        &[
            &[Field("区局(产业)工会", format!("{}（{}）", of.bureau.name, of.bureau.code))],
            &[Field("批次编号", of.batch_no.clone()), Field("保障年度", format!("{}年", of.year))],
            &[
                Field("经办人", format!("{}　{}", contact.name, contact.mobile_masked)),
                Field("电子邮箱", contact.email.clone()),
            ],
        ],
    );
}

fn plans(book: &mut Book, of: &BureauNotice) {
    book.heading(&section(1, "参保人数和费用（元）"));
    let people: u64 = of.plans.iter().map(|plan| plan.people).sum();
    let rows = of.plans.iter().map(|plan| {
        let first = [plan.name.clone(), plan.units.to_string(), plan.people.to_string()];
        Row::of(first.into_iter().chain(amounts(plan.money)))
    });
    let first = ["合计".to_owned(), of.units.len().to_string(), people.to_string()];
    let sum = Row::sum(first.into_iter().chain(amounts(of.due.money)));
    table(book, &PLANS, 9.0, rows.chain([sum]));
}

fn due(book: &mut Book, of: &BureauNotice) {
    book.heading(&section(2, "应缴金额"));
    let due = &of.due;
    let row = |what: &str, fen: i64| [what.to_owned(), yuan(fen)];
    table(
        book,
        &DUE,
        9.5,
        [
            Row::of(row(PAYERS_ZH[1], due.money.bureau_fen)),
            Row::of(row("减：往年会员计划退回金额", -due.credit_fen)),
            Row::of(row("加：基层单位缴费（已由区局(产业)工会收取）", due.money.unit_fen)),
            Row::sum(row("应划拨金额", due.due_fen)),
        ],
    );
    if due.credit_left_fen > 0 {
        book.remark(&format!("计划退回金额尚余{}元，可用于以后年度抵扣。", yuan(due.credit_left_fen)));
    }
}

fn paying(book: &mut Book, of: &BureauNotice) {
    book.heading(&section(3, "缴费事项"));
    let [first, second] = letter::payment(&of.account, of.due.due_fen);
    form(
        book,
        &[
            &first,
            &second,
            &[Field("缴费截止", format!("{}前", last_day_zh(of.pay_by))), Field("划款附言", of.batch_no.clone())],
        ],
    );
    book.paragraphs(&of.payment_text);
    book.need(letter::LAST_SECTION);
    book.heading(&section(4, "保障期限"));
    book.paragraphs(&format!("自{}起至{}止。", day_zh(of.cover_from), day_zh(of.cover_to)));
}

fn annex_title(of: &BureauNotice) -> String {
    format!("附件：{}年度集中参保单位名单", of.year)
}

fn annex(book: &mut Book, of: &BureauNotice) {
    book.turn();
    book.paragraph(&annex_title(of), 0.0, Style::of(13.0).bold());
    book.remark(&format!("共{}家单位，金额单位为元。", of.units.len()));
    book.gap(4.0);
    let with_subtotals = of.units.iter().any(|line| line.secondary.is_some());
    let mut rows = Vec::with_capacity(of.units.len());
    for group in of.groups() {
        let before = rows.iter().filter(|row: &&Row| !row.strong).count();
        rows.extend((before + 1..).zip(group).map(|(number, line)| unit(number, line)));
        if with_subtotals {
            rows.push(subtotal(group));
        }
    }
    let people: u64 = of.units.iter().map(|line| line.people).sum();
    let first = [String::new(), String::new(), "合计".to_owned(), String::new(), people.to_string()];
    let sum = Row::sum(first.into_iter().chain(amounts(of.due.money)));
    rows.push(sum);
    table(book, &UNITS, 8.0, rows);
}

fn unit(number: usize, line: &UnitLine) -> Row {
    let first = [
        number.to_string(),
        line.unit.code.clone(),
        line.unit.name.clone(),
        line.plan_code.clone(),
        line.people.to_string(),
    ];
    Row::of(first.into_iter().chain(amounts(line.money)))
}

/// What the units of one secondary union, or of none, come to. That the sum fits was seen by `agrees`.
fn subtotal(group: &[UnitLine]) -> Row {
    let above = group[0].secondary.as_ref();
    let (code, name) = above.map_or(("", "区局直属"), |union| (union.code.as_str(), union.name.as_str()));
    let people: u64 = group.iter().map(|line| line.people).sum();
    let money = Money::sum(group.iter().map(|line| line.money)).unwrap_or(Money::ZERO);
    let first =
        ["小计".to_owned(), code.to_owned(), format!("{name}（{}家）", group.len()), String::new(), people.to_string()];
    Row::sum(first.into_iter().chain(amounts(money)))
}
