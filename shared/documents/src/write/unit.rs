//! The notice of a unit.

use domain::{
    enrollment::eligibility::undecided_head_zh,
    money::{Money, PAYERS_ZH},
    year::texts::{day_zh, last_day_zh},
};

use crate::{
    check,
    document::{Document, RenderError},
    layout::{
        Align::{Centre, Left, Right},
        Book, Column, Field, Row, form, table, table_before,
    },
    pdf::Style,
    unit::{Covered, UnitNotice},
    write::gone,
    write::letter::{self, Head, amounts, column, day, instant, section, yuan},
};

const CLASSES: [Column; 7] = [
    column("会员总人数", 1.0, Centre),
    column("参保人数", 1.0, Centre),
    column("未办卡人数", 1.0, Centre),
    column("待确认人数", 1.0, Centre),
    column("退休人数", 1.0, Centre),
    column("死亡人数", 1.0, Centre),
    column("集中参保已提交", 1.15, Centre),
];
const MONEY: [Column; 4] = [
    column("缴费方", 1.6, Left),
    column("每人（元）", 1.0, Right),
    column("参保人数", 0.8, Right),
    column("金额（元）", 1.2, Right),
];
const UNDECIDED: [Column; 4] = [
    column("序号", 0.4, Centre),
    column("姓名", 1.3, Left),
    column("证件号码", 1.2, Centre),
    column("退休情况", 3.4, Left),
];
const PEOPLE: [Column; 7] = [
    column("序号", 0.42, Centre),
    column("姓名", 1.05, Left),
    column("证件类型", 1.0, Centre),
    column("证件号码", 1.28, Centre),
    column("会员服务卡号", 1.28, Centre),
    column("保障起始日", 0.8, Centre),
    column("保障终止日", 0.8, Centre),
];

pub(crate) fn render(of: &UnitNotice) -> Result<Document, RenderError> {
    of.agrees()?;
    let head = Head {
        title: format!("{}年度集中参保告知书", of.year),
        issuer: &of.issuer,
        number: &of.number,
        version: of.version,
        union: &of.unit.name,
        check: check::of("unit", of)?,
    };
    let mut book = Book::open()?;
    letter::head(&mut book, &head);
    letter::void(&mut book, of.version, of.replaces.as_ref());
    about(&mut book, of);
    figures(&mut book, of);
    paying(&mut book, of);
    cover(&mut book, of);
    undecided(&mut book, of);
    gone::people(&mut book, 7, &of.gone, "请核实后重新提交：重新提交的名单不再包含上述人员。");
    letter::ending(&mut book, &annex_title(of), &of.issuer, of.received_at.date());
    annex(&mut book, of);
    letter::finish(book, &head)
}

fn about(book: &mut Book, of: &UnitNotice) {
    book.paragraph(&format!("{}：", of.unit.name), 0.0, Style::of(10.5));
    book.paragraphs(&format!(
        "你单位{}提交的{}年度集中参保名单已收到。现将参保人数、费用和缴费事项告知如下，请认真核对。",
        instant(of.received_at),
        of.year
    ));
    book.gap(4.0);
    form(
        book,
        &[
            &[Field("单位名称", of.unit.name.clone())],
            &[Field("工会编号", of.unit.code.clone()), Field("批次编号", of.submission_no.clone())],
            &[Field("区局(产业)工会", format!("{}（{}）", of.bureau.name, of.bureau.code))],
            &[Field("保障年度", format!("{}年", of.year)), Field("保障类型", of.plan.name.clone())],
        ],
    );
}

fn figures(book: &mut Book, of: &UnitNotice) {
    book.heading(&section(1, "参保人数（人）"));
    let classes = &of.classes;
    let counts = [
        classes.total,
        classes.enrolled,
        classes.no_card,
        classes.pending,
        classes.retired,
        classes.deceased,
        of.submitted_before,
    ];
    table(book, &CLASSES, 9.5, [Row::of(counts.map(|count| count.to_string()))]);
    book.heading(&section(2, "参保费用"));
    let people = classes.enrolled.to_string();
    let row = |payer: &str, share: fn(Money) -> i64| {
        [payer.to_owned(), yuan(share(of.premium)), people.clone(), yuan(share(of.money))]
    };
    table(
        book,
        &MONEY,
        9.5,
        [
            Row::of(row(PAYERS_ZH[0], |money| money.municipal_fen)),
            Row::of(row(PAYERS_ZH[1], |money| money.bureau_fen)),
            Row::of(row(PAYERS_ZH[2], |money| money.unit_fen)),
            Row::sum(row("合计", |money| money.total_fen)),
        ],
    );
}

fn paying(book: &mut Book, of: &UnitNotice) {
    book.heading(&section(3, "缴费事项"));
    let [_, _, unit, _] = amounts(of.money);
    if of.money.unit_fen == 0 {
        book.paragraphs("本单位缴费金额为0.00元，无需划款；其余费用由市总工会和区局/各级工会承担。");
    } else {
        book.paragraphs(&format!(
            "本单位应缴费用为{unit}元，请于{}前划入所属区局(产业)工会（{}）账户。",
            last_day_zh(of.pay_by),
            of.bureau.name
        ));
        if let Some(account) = &of.account {
            book.gap(3.0);
            let [first, second] = letter::payment(account, of.money.unit_fen);
            form(book, &[&first, &second, &[Field("缴费截止", format!("{}前", last_day_zh(of.pay_by)))]]);
        }
        // Whoever has nothing to pay is not told what follows from not paying.
        book.paragraphs(&of.payment_text);
    }
}

fn cover(book: &mut Book, of: &UnitNotice) {
    book.heading(&section(4, "保障期限"));
    book.paragraphs(&format!("自{}起至{}止。", day_zh(of.cover_from), day_zh(of.cover_to)));
    book.heading(&section(5, "重要提示"));
    book.paragraphs(&of.important_text);
}

fn undecided(book: &mut Book, of: &UnitNotice) {
    if of.undecided.is_empty() {
        book.need(letter::LAST_SECTION);
    }
    book.heading(&section(6, "退休待认定人员"));
    if of.undecided.is_empty() {
        book.paragraphs("无。");
        return;
    }
    book.paragraphs(&format!(
        "下列{}名为{}，目前仍列入参保人数。请逐一核实并认定是否退休；有变动的，认定后须重新提交。",
        of.undecided.len(),
        undecided_head_zh(of.year)
    ));
    book.gap(3.0);
    let rows = (1..).zip(&of.undecided).map(|(number, person): (usize, _)| {
        Row::of([number.to_string(), person.name.clone(), person.id_masked.clone(), person.standing.clone()])
    });
    table_before(book, &UNDECIDED, 9.0, rows, letter::ENDING);
}

fn annex_title(of: &UnitNotice) -> String {
    format!("附件：{}年度集中参保人员名单", of.year)
}

fn annex(book: &mut Book, of: &UnitNotice) {
    book.turn();
    book.paragraph(&annex_title(of), 0.0, Style::of(13.0).bold());
    book.remark(&format!(
        "共{}人。证件号码和会员服务卡号已部分隐去；会员服务卡号栏为横线的，是经单位确认的未办卡会员。",
        of.people.len()
    ));
    book.gap(4.0);
    let rows = (1..).zip(&of.people).map(|(number, person): (usize, &Covered)| {
        Row::of([
            number.to_string(),
            person.name.clone(),
            person.id_kind.clone(),
            person.id_masked.clone(),
            person.card_masked.clone().unwrap_or_else(|| "—".to_owned()),
            day(person.from),
            day(person.to),
        ])
    });
    table(book, &PEOPLE, 8.5, rows);
}
