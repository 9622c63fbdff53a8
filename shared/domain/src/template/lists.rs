//! The value lists that the drop-downs offer. Closed ones are the whole truth; open ones are what we ship (decision 5).

/// Kinds of documents (closed).
pub const ID_KINDS: &[&str] =
    &["身份证", "护照", "港澳居民来往内地通行证", "台湾居民来往大陆通行证", "港澳台居民居住证", "外国人永久居留身份证"];

/// 性别 (closed).
pub const SEXES: &[&str] = &["男", "女"];

/// 是 or 否 (closed).
pub const YES_NO: &[&str] = &["是", "否"];

/// 干部/工人 (closed): whether a woman's original retirement age is 55 or 50.
pub const STAFF: &[&str] = &["干部", "工人"];

/// 级别 (closed).
pub const LEVELS: &[&str] = &["市总工会", "区局(产业)工会", "二级工会", "基层工会", "职保中心"];

/// 会员标签 (open).
pub const LABELS: &[&str] = &["在职职工", "企业外入会人员", "外包工", "劳务派遣", "灵活就业", "农民工", "离职待转"];

/// 户籍类型 (open).
pub const HOUSEHOLDS: &[&str] = &["本市城镇", "本市农村", "外省市城镇", "外省市农村", "港澳台", "外籍"];

/// 类型 of a union (open).
pub const ORG_KINDS: &[&str] =
    &["单独基层工会", "联合基层工会", "临时工会", "分工会", "工会小组", "工会联合会", "机关工会", "事业单位工会"];

/// 经济类型 (open).
pub const ECONOMIES: &[&str] = &[
    "国有企业",
    "集体企业",
    "股份合作企业",
    "联营企业",
    "有限责任公司",
    "股份有限公司",
    "私营企业",
    "港澳台商投资企业",
    "外商投资企业",
    "个体经营",
    "机关",
    "事业单位",
    "社会团体",
    "其他",
];

/// 所属行业 (open): the sections of GB/T 4754.
pub const INDUSTRIES: &[&str] = &[
    "农、林、牧、渔业",
    "采矿业",
    "制造业",
    "电力、热力、燃气及水生产和供应业",
    "建筑业",
    "批发和零售业",
    "交通运输、仓储和邮政业",
    "住宿和餐饮业",
    "信息传输、软件和信息技术服务业",
    "金融业",
    "房地产业",
    "租赁和商务服务业",
    "科学研究和技术服务业",
    "水利、环境和公共设施管理业",
    "居民服务、修理和其他服务业",
    "教育",
    "卫生和社会工作",
    "文化、体育和娱乐业",
    "公共管理、社会保障和社会组织",
    "国际组织",
];
