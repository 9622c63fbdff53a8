//! The columns of the five templates. Synonyms stand from the most specific to the least: where a file has several, the
//! first of them is the column.

use super::{
    Column,
    Content::{self, Date, List, NumberLikeText, OpenList, Text, YesNo},
    lists::{ECONOMIES, HOUSEHOLDS, ID_KINDS, INDUSTRIES, LABELS, LEVELS, ORG_KINDS, SEXES, STAFF},
};

const fn column(
    key: &'static str,
    header: &'static str,
    content: Content,
    width: u16,
    hint: &'static str,
    synonyms: &'static [&'static str],
) -> Column {
    Column { key, header, required: false, synonyms, content, width, hint }
}

const fn required(column: Column) -> Column {
    Column { required: true, ..column }
}

const NAME: Column = required(column(
    "name",
    "姓名",
    Text,
    14,
    "证件上的姓名；外国人填护照上的拉丁字母姓名。",
    &["会员姓名", "职工姓名", "员工姓名", "名字", "name"],
));
const ID_KIND: Column = required(column(
    "id_kind",
    "证件类型",
    List(ID_KINDS),
    22,
    "从下拉列表中选择。",
    &["证件种类", "证件类别", "有效证件类型"],
));
const ID_NUMBER: Column = required(column(
    "id_number",
    "证件号码",
    NumberLikeText,
    24,
    "文本格式；身份证为 18 位，末位可为 X。",
    &[
        "居民身份证号码",
        "公民身份号码",
        "居民身份证号",
        "身份证件号码",
        "身份证号码",
        "有效证件号码",
        "身份证号",
        "证件编号",
        "证件号",
        "身份证",
        "id_number",
    ],
));
const ID_STATE: Column = column(
    "id_state",
    "签发国家(地区)",
    Text,
    16,
    "只填护照的签发国家或地区，如：德国 或 DEU；其他证件不填。",
    &[
        "签发国",
        "签发地",
        "签发国家/地区",
        "签发国家或地区",
        "护照签发国",
        "护照签发国家",
        "证件签发国",
        "证件签发国家",
        "国籍",
        "国籍/地区",
        "国籍或地区",
        "nationality",
    ],
);
const PHONE: Column = column(
    "phone",
    "手机号码",
    NumberLikeText,
    16,
    "文本格式；11 位手机号码。",
    &["手机号", "联系手机", "移动电话", "手机", "mobile", "联系电话", "电话号码", "电话", "phone", "联系方式"],
);
const SEX: Column = column("sex", "性别", List(SEXES), 8, "男或女。", &["sex"]);
const EMPLOYER: Column = column(
    "employer",
    "工作单位/服务平台",
    Text,
    28,
    "工作单位或提供服务的平台名称。",
    &[
        "工作单位/服务公司/平台",
        "工作单位/服务公司",
        "工作单位",
        "服务平台",
        "用人单位",
        "所在单位",
        "单位名称",
        "单位",
    ],
);
const LABEL: Column = column(
    "label",
    "会员标签",
    OpenList(LABELS),
    16,
    "从下拉列表中选择，也可另填。",
    &["标签", "会员类别", "会员类型"],
);
const ORG_CODE: Column = required(column(
    "org_code",
    "工会编号",
    NumberLikeText,
    18,
    "文本格式；工会的编号。",
    &["工会编码", "工会代码", "组织编号", "组织编码", "所在工会编号"],
));

/// Member import.
pub const MEMBERS: [Column; 13] = [
    NAME,
    Column { header: "证件类型(身份证)", ..ID_KIND },
    ID_NUMBER,
    required(PHONE),
    required(SEX),
    required(column(
        "union_name",
        "所在工会",
        Text,
        28,
        "会员所在工会的名称。",
        &["所在工会名称", "所属工会", "工会组织名称", "工会名称", "工会"],
    )),
    ORG_CODE,
    EMPLOYER,
    LABEL,
    column(
        "household",
        "户籍类型",
        OpenList(HOUSEHOLDS),
        14,
        "从下拉列表中选择，也可另填。",
        &["户籍", "户籍性质", "户口类型", "户口性质"],
    ),
    column(
        "address",
        "工作单位详细地址",
        Text,
        36,
        "办卡时必填，不少于 6 个字。",
        &["单位详细地址", "工作单位地址", "单位地址", "工作地址", "详细地址", "地址"],
    ),
    column(
        "wants_card",
        "是否办卡",
        YesNo,
        10,
        "是或否；填“是”时须填地址。",
        &["办卡", "是否办理会员服务卡", "是否办会员卡"],
    ),
    ID_STATE,
];

/// Comparison of a whole roster.
pub const ROSTER: [Column; 8] = [NAME, ID_KIND, ID_NUMBER, PHONE, SEX, EMPLOYER, LABEL, ID_STATE];

/// Unions.
pub const ORGANIZATIONS: [Column; 12] = [
    ORG_CODE,
    required(column(
        "org_name",
        "工会组织名称",
        Text,
        30,
        "工会的全称。",
        &["工会名称", "组织名称", "工会组织全称", "工会全称"],
    )),
    column(
        "parent_code",
        "上级工会编号",
        NumberLikeText,
        18,
        "上级工会的编号；市总工会不填。",
        &["上级编号", "上级工会编码", "上级工会代码", "上级组织编号"],
    ),
    required(column("level", "级别", List(LEVELS), 18, "从下拉列表中选择。", &["工会级别", "组织级别", "层级"])),
    column("kind", "类型", OpenList(ORG_KINDS), 16, "从下拉列表中选择，也可另填。", &["工会类型", "组织类型"]),
    column(
        "uscc",
        "统一社会信用代码",
        NumberLikeText,
        24,
        "文本格式；18 位数字和大写字母。",
        &["社会信用代码", "信用代码", "组织机构代码"],
    ),
    column("economy", "经济类型", OpenList(ECONOMIES), 18, "从下拉列表中选择，也可另填。", &["企业类型", "经济性质"]),
    column(
        "industry",
        "所属行业",
        OpenList(INDUSTRIES),
        24,
        "从下拉列表中选择，也可另填。",
        &["行业", "单位所属行业", "所属行业类别"],
    ),
    column("enterprise", "企业名称", Text, 28, "工会所在单位的名称。", &["单位名称", "所在单位", "所属企业"]),
    column("contact", "联系人", Text, 12, "经办人姓名。", &["经办人", "联系人姓名", "负责人"]),
    PHONE,
    required(column(
        "email",
        "电子邮箱",
        Text,
        28,
        "接收处理结果的邮箱地址。",
        &["邮箱", "邮箱地址", "电子邮件", "电子邮箱地址", "email", "e-mail"],
    )),
];

/// The feed of the card centre and social insurance.
pub const REGISTRY: [Column; 8] = [
    ID_KIND,
    ID_NUMBER,
    column(
        "card",
        "会员服务卡号",
        NumberLikeText,
        24,
        "文本格式；16 至 19 位数字。",
        &["会员卡号", "服务卡号", "卡号", "工会会员服务卡号"],
    ),
    column(
        "social_insurance",
        "社保缴纳(是/否)",
        YesNo,
        14,
        "单位是否为其缴纳社保：是或否。",
        &["社保", "是否缴纳社保", "是否缴社保", "社会保险"],
    ),
    column("retired_on", "退休日期", Date, 14, "如 2022-11-03。", &["退休时间", "退休年月日"]),
    column("deceased_on", "死亡日期", Date, 14, "如 2022-11-03。", &["死亡时间", "去世日期"]),
    column("staff", "干部/工人", List(STAFF), 12, "干部或工人。", &["干部工人", "身份类别", "人员身份"]),
    ID_STATE,
];

/// Members who are to move.
pub const TRANSFERS: [Column; 4] = [
    ID_KIND,
    ID_NUMBER,
    required(column(
        "to_org_code",
        "转入工会编号",
        NumberLikeText,
        18,
        "文本格式；离职人员填区局或二级工会的临时工会的编号。",
        &["转入工会编码", "转入工会代码", "转入组织编号", "转入编号"],
    )),
    required(column("reason", "转移原因", Text, 30, "不超过 200 个字。", &["转移事由", "转移理由", "原因"])),
];
