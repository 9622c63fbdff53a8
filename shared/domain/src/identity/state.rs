//! States and regions that issue passports and name their people on cards: ISO 3166-1 with the Chinese names of GB/T 2659.

use crate::{ascii::ShortAscii, text};

/// A state or region by its code of three letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State(ShortAscii<3>);

/// Code of three letters, code of two, Chinese names (the one that is shown first, the others behind a bar).
const STATES: [[&str; 3]; 249] = [
    ["CHN", "CN", "中国|中华人民共和国"],
    ["HKG", "HK", "香港|中国香港|香港特别行政区"],
    ["MAC", "MO", "澳门|中国澳门|澳门特别行政区"],
    ["TWN", "TW", "台湾|中国台湾"],
    ["AFG", "AF", "阿富汗"],
    ["ALA", "AX", "奥兰"],
    ["ALB", "AL", "阿尔巴尼亚"],
    ["DZA", "DZ", "阿尔及利亚"],
    ["ASM", "AS", "美属萨摩亚"],
    ["AND", "AD", "安道尔"],
    ["AGO", "AO", "安哥拉"],
    ["AIA", "AI", "安圭拉"],
    ["ATA", "AQ", "南极洲"],
    ["ATG", "AG", "安提瓜和巴布达"],
    ["ARG", "AR", "阿根廷"],
    ["ARM", "AM", "亚美尼亚"],
    ["ABW", "AW", "阿鲁巴"],
    ["AUS", "AU", "澳大利亚|澳洲"],
    ["AUT", "AT", "奥地利"],
    ["AZE", "AZ", "阿塞拜疆"],
    ["BHS", "BS", "巴哈马"],
    ["BHR", "BH", "巴林"],
    ["BGD", "BD", "孟加拉国|孟加拉"],
    ["BRB", "BB", "巴巴多斯"],
    ["BLR", "BY", "白俄罗斯"],
    ["BEL", "BE", "比利时"],
    ["BLZ", "BZ", "伯利兹"],
    ["BEN", "BJ", "贝宁"],
    ["BMU", "BM", "百慕大"],
    ["BTN", "BT", "不丹"],
    ["BOL", "BO", "玻利维亚"],
    ["BES", "BQ", "荷兰加勒比区"],
    ["BIH", "BA", "波黑|波斯尼亚和黑塞哥维那"],
    ["BWA", "BW", "博茨瓦纳"],
    ["BVT", "BV", "布韦岛"],
    ["BRA", "BR", "巴西"],
    ["IOT", "IO", "英属印度洋领地"],
    ["BRN", "BN", "文莱"],
    ["BGR", "BG", "保加利亚"],
    ["BFA", "BF", "布基纳法索"],
    ["BDI", "BI", "布隆迪"],
    ["KHM", "KH", "柬埔寨"],
    ["CMR", "CM", "喀麦隆"],
    ["CAN", "CA", "加拿大"],
    ["CPV", "CV", "佛得角"],
    ["CYM", "KY", "开曼群岛"],
    ["CAF", "CF", "中非"],
    ["TCD", "TD", "乍得"],
    ["CHL", "CL", "智利"],
    ["CXR", "CX", "圣诞岛"],
    ["CCK", "CC", "科科斯群岛"],
    ["COL", "CO", "哥伦比亚"],
    ["COM", "KM", "科摩罗"],
    ["COG", "CG", "刚果(布)|刚果共和国"],
    ["COD", "CD", "刚果(金)|刚果民主共和国"],
    ["COK", "CK", "库克群岛"],
    ["CRI", "CR", "哥斯达黎加"],
    ["CIV", "CI", "科特迪瓦"],
    ["HRV", "HR", "克罗地亚"],
    ["CUB", "CU", "古巴"],
    ["CUW", "CW", "库拉索"],
    ["CYP", "CY", "塞浦路斯"],
    ["CZE", "CZ", "捷克"],
    ["DNK", "DK", "丹麦"],
    ["DJI", "DJ", "吉布提"],
    ["DMA", "DM", "多米尼克"],
    ["DOM", "DO", "多米尼加"],
    ["ECU", "EC", "厄瓜多尔"],
    ["EGY", "EG", "埃及"],
    ["SLV", "SV", "萨尔瓦多"],
    ["GNQ", "GQ", "赤道几内亚"],
    ["ERI", "ER", "厄立特里亚"],
    ["EST", "EE", "爱沙尼亚"],
    ["SWZ", "SZ", "斯威士兰"],
    ["ETH", "ET", "埃塞俄比亚"],
    ["FLK", "FK", "福克兰群岛"],
    ["FRO", "FO", "法罗群岛"],
    ["FJI", "FJ", "斐济"],
    ["FIN", "FI", "芬兰"],
    ["FRA", "FR", "法国"],
    ["GUF", "GF", "法属圭亚那"],
    ["PYF", "PF", "法属波利尼西亚"],
    ["ATF", "TF", "法属南部领地"],
    ["GAB", "GA", "加蓬"],
    ["GMB", "GM", "冈比亚"],
    ["GEO", "GE", "格鲁吉亚"],
    ["DEU", "DE", "德国|德意志联邦共和国"],
    ["GHA", "GH", "加纳"],
    ["GIB", "GI", "直布罗陀"],
    ["GRC", "GR", "希腊"],
    ["GRL", "GL", "格陵兰"],
    ["GRD", "GD", "格林纳达"],
    ["GLP", "GP", "瓜德罗普"],
    ["GUM", "GU", "关岛"],
    ["GTM", "GT", "危地马拉"],
    ["GGY", "GG", "根西"],
    ["GIN", "GN", "几内亚"],
    ["GNB", "GW", "几内亚比绍"],
    ["GUY", "GY", "圭亚那"],
    ["HTI", "HT", "海地"],
    ["HMD", "HM", "赫德岛和麦克唐纳群岛"],
    ["VAT", "VA", "梵蒂冈"],
    ["HND", "HN", "洪都拉斯"],
    ["HUN", "HU", "匈牙利"],
    ["ISL", "IS", "冰岛"],
    ["IND", "IN", "印度"],
    ["IDN", "ID", "印度尼西亚|印尼"],
    ["IRN", "IR", "伊朗"],
    ["IRQ", "IQ", "伊拉克"],
    ["IRL", "IE", "爱尔兰"],
    ["IMN", "IM", "马恩岛"],
    ["ISR", "IL", "以色列"],
    ["ITA", "IT", "意大利"],
    ["JAM", "JM", "牙买加"],
    ["JPN", "JP", "日本"],
    ["JEY", "JE", "泽西"],
    ["JOR", "JO", "约旦"],
    ["KAZ", "KZ", "哈萨克斯坦"],
    ["KEN", "KE", "肯尼亚"],
    ["KIR", "KI", "基里巴斯"],
    ["PRK", "KP", "朝鲜"],
    ["KOR", "KR", "韩国|大韩民国"],
    ["KWT", "KW", "科威特"],
    ["KGZ", "KG", "吉尔吉斯斯坦"],
    ["LAO", "LA", "老挝"],
    ["LVA", "LV", "拉脱维亚"],
    ["LBN", "LB", "黎巴嫩"],
    ["LSO", "LS", "莱索托"],
    ["LBR", "LR", "利比里亚"],
    ["LBY", "LY", "利比亚"],
    ["LIE", "LI", "列支敦士登"],
    ["LTU", "LT", "立陶宛"],
    ["LUX", "LU", "卢森堡"],
    ["MDG", "MG", "马达加斯加"],
    ["MWI", "MW", "马拉维"],
    ["MYS", "MY", "马来西亚"],
    ["MDV", "MV", "马尔代夫"],
    ["MLI", "ML", "马里"],
    ["MLT", "MT", "马耳他"],
    ["MHL", "MH", "马绍尔群岛"],
    ["MTQ", "MQ", "马提尼克"],
    ["MRT", "MR", "毛里塔尼亚"],
    ["MUS", "MU", "毛里求斯"],
    ["MYT", "YT", "马约特"],
    ["MEX", "MX", "墨西哥"],
    ["FSM", "FM", "密克罗尼西亚"],
    ["MDA", "MD", "摩尔多瓦"],
    ["MCO", "MC", "摩纳哥"],
    ["MNG", "MN", "蒙古|蒙古国"],
    ["MNE", "ME", "黑山"],
    ["MSR", "MS", "蒙特塞拉特"],
    ["MAR", "MA", "摩洛哥"],
    ["MOZ", "MZ", "莫桑比克"],
    ["MMR", "MM", "缅甸"],
    ["NAM", "NA", "纳米比亚"],
    ["NRU", "NR", "瑙鲁"],
    ["NPL", "NP", "尼泊尔"],
    ["NLD", "NL", "荷兰"],
    ["NCL", "NC", "新喀里多尼亚"],
    ["NZL", "NZ", "新西兰"],
    ["NIC", "NI", "尼加拉瓜"],
    ["NER", "NE", "尼日尔"],
    ["NGA", "NG", "尼日利亚"],
    ["NIU", "NU", "纽埃"],
    ["NFK", "NF", "诺福克岛"],
    ["MKD", "MK", "北马其顿|马其顿"],
    ["MNP", "MP", "北马里亚纳群岛"],
    ["NOR", "NO", "挪威"],
    ["OMN", "OM", "阿曼"],
    ["PAK", "PK", "巴基斯坦"],
    ["PLW", "PW", "帕劳"],
    ["PSE", "PS", "巴勒斯坦"],
    ["PAN", "PA", "巴拿马"],
    ["PNG", "PG", "巴布亚新几内亚"],
    ["PRY", "PY", "巴拉圭"],
    ["PER", "PE", "秘鲁"],
    ["PHL", "PH", "菲律宾"],
    ["PCN", "PN", "皮特凯恩群岛"],
    ["POL", "PL", "波兰"],
    ["PRT", "PT", "葡萄牙"],
    ["PRI", "PR", "波多黎各"],
    ["QAT", "QA", "卡塔尔"],
    ["REU", "RE", "留尼汪"],
    ["ROU", "RO", "罗马尼亚"],
    ["RUS", "RU", "俄罗斯|俄罗斯联邦"],
    ["RWA", "RW", "卢旺达"],
    ["BLM", "BL", "圣巴泰勒米"],
    ["SHN", "SH", "圣赫勒拿"],
    ["KNA", "KN", "圣基茨和尼维斯"],
    ["LCA", "LC", "圣卢西亚"],
    ["MAF", "MF", "法属圣马丁"],
    ["SPM", "PM", "圣皮埃尔和密克隆"],
    ["VCT", "VC", "圣文森特和格林纳丁斯"],
    ["WSM", "WS", "萨摩亚"],
    ["SMR", "SM", "圣马力诺"],
    ["STP", "ST", "圣多美和普林西比"],
    ["SAU", "SA", "沙特阿拉伯|沙特"],
    ["SEN", "SN", "塞内加尔"],
    ["SRB", "RS", "塞尔维亚"],
    ["SYC", "SC", "塞舌尔"],
    ["SLE", "SL", "塞拉利昂"],
    ["SGP", "SG", "新加坡"],
    ["SXM", "SX", "荷属圣马丁"],
    ["SVK", "SK", "斯洛伐克"],
    ["SVN", "SI", "斯洛文尼亚"],
    ["SLB", "SB", "所罗门群岛"],
    ["SOM", "SO", "索马里"],
    ["ZAF", "ZA", "南非"],
    ["SGS", "GS", "南乔治亚和南桑威奇群岛"],
    ["SSD", "SS", "南苏丹"],
    ["ESP", "ES", "西班牙"],
    ["LKA", "LK", "斯里兰卡"],
    ["SDN", "SD", "苏丹"],
    ["SUR", "SR", "苏里南"],
    ["SJM", "SJ", "斯瓦尔巴和扬马延"],
    ["SWE", "SE", "瑞典"],
    ["CHE", "CH", "瑞士"],
    ["SYR", "SY", "叙利亚"],
    ["TJK", "TJ", "塔吉克斯坦"],
    ["TZA", "TZ", "坦桑尼亚"],
    ["THA", "TH", "泰国"],
    ["TLS", "TL", "东帝汶"],
    ["TGO", "TG", "多哥"],
    ["TKL", "TK", "托克劳"],
    ["TON", "TO", "汤加"],
    ["TTO", "TT", "特立尼达和多巴哥"],
    ["TUN", "TN", "突尼斯"],
    ["TUR", "TR", "土耳其"],
    ["TKM", "TM", "土库曼斯坦"],
    ["TCA", "TC", "特克斯和凯科斯群岛"],
    ["TUV", "TV", "图瓦卢"],
    ["UGA", "UG", "乌干达"],
    ["UKR", "UA", "乌克兰"],
    ["ARE", "AE", "阿联酋|阿拉伯联合酋长国"],
    ["GBR", "GB", "英国|大不列颠及北爱尔兰联合王国"],
    ["USA", "US", "美国|美利坚合众国"],
    ["UMI", "UM", "美国本土外小岛屿"],
    ["URY", "UY", "乌拉圭"],
    ["UZB", "UZ", "乌兹别克斯坦"],
    ["VUT", "VU", "瓦努阿图"],
    ["VEN", "VE", "委内瑞拉"],
    ["VNM", "VN", "越南"],
    ["VGB", "VG", "英属维尔京群岛"],
    ["VIR", "VI", "美属维尔京群岛"],
    ["WLF", "WF", "瓦利斯和富图纳"],
    ["ESH", "EH", "西撒哈拉"],
    ["YEM", "YE", "也门"],
    ["ZMB", "ZM", "赞比亚"],
    ["ZWE", "ZW", "津巴布韦"],
];

/// Codes that stand in passports and on cards beside those of ISO 3166 (ICAO 9303, part 3, section 5): people without a state,
/// Britons of other sorts, organizations, Kosovo.
const OTHERS: [&str; 15] =
    ["D", "RKS", "EUE", "GBD", "GBN", "GBO", "GBP", "GBS", "UNO", "UNA", "UNK", "XOM", "XXA", "XXB", "XXC"];

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "State({})", self.as_str())
    }
}

impl State {
    /// The state of a clerk's word: a code of two or three letters, or a Chinese name.
    #[must_use]
    pub fn parse_zh(written: &str) -> Option<Self> {
        let word = text::compact(written).to_uppercase();
        let is = |[long, short, names]: &&[&str; 3]| {
            word == *long || word == *short || names.split('|').any(|name| name == word)
        };
        let found = STATES.iter().find(is).map(|[code, ..]| *code);
        // D is what German passports have for DEU.
        let other = || OTHERS.iter().find(|code| **code == word).map(|code| if *code == "D" { "DEU" } else { code });
        found.or_else(other).and_then(Self::stored)
    }

    /// A state that was read before, back from storage.
    #[must_use]
    pub fn stored(code: &str) -> Option<Self> {
        ShortAscii::new(code).map(Self)
    }

    /// The code of three letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether three letters are the code of a state or one of those beside them.
    #[must_use]
    pub fn is_code(code: &str) -> bool {
        STATES.iter().any(|[long, ..]| *long == code) || OTHERS.contains(&code)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_and_name_is_of_one_state() {
        let mut seen = HashSet::new();
        for [long, short, names] in STATES {
            assert!(long.len() == 3 && short.len() == 2);
            for word in [long, short].into_iter().chain(names.split('|')) {
                assert!(seen.insert(word), "{word} twice");
                assert_eq!(State::parse_zh(word).unwrap().as_str(), long, "{word}");
            }
        }
    }

    #[test]
    fn usual_writings_are_understood() {
        for (written, code) in
            [("德国", "DEU"), (" d e u ", "DEU"), ("D", "DEU"), ("刚果（金）", "COD"), ("us", "USA"), ("XXA", "XXA")]
        {
            assert_eq!(State::parse_zh(written).unwrap().as_str(), code, "{written}");
        }
        assert_eq!(State::parse_zh("火星"), None);
        assert!(State::is_code("USA") && State::is_code("GBN") && !State::is_code("ABC"));
    }
}
