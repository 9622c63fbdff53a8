//! Names that a clerk may not have meant as such: words for "not known yet", examples, two people in one cell.

use crate::ordinary::is_private;

/// Words in the place of a name, and names of examples. Latin ones in lower case.
const WORDS: [&str; 46] = [
    "无",
    "空",
    "缺",
    "暂无",
    "没有",
    "未知",
    "不详",
    "不明",
    "待定",
    "待补",
    "待补充",
    "待填",
    "待填写",
    "待录入",
    "待核实",
    "未填",
    "未定",
    "保密",
    "匿名",
    "同上",
    "姓名",
    "名字",
    "测试",
    "测试员",
    "测试人员",
    "示例",
    "样例",
    "举例",
    "某人",
    "某某",
    "某某某",
    "员工",
    "职工",
    "会员",
    "张三",
    "李四",
    "王五",
    "赵六",
    "test",
    "demo",
    "none",
    "null",
    "name",
    "unknown",
    "tbd",
    "na",
];

/// Endings of an address instead of a given name.
const ENDINGS: [&str; 5] = ["先生", "女士", "小姐", "师傅", "同志"];

/// The surnames of most people: what begins with one on both sides of a comma is two people and not one name in two parts.
const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严武戴莫孔向汤";

/// Why a name may be nobody's, in Chinese.
pub(super) fn doubt(name: &str) -> Option<String> {
    // Most names are two to four characters of which none is odd; only those that could be are looked at closely.
    let bare: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let is_x = !bare.is_empty() && bare.chars().all(|c| c == 'x');
    if WORDS.contains(&bare.as_str()) || is_x || bare.starts_with("测试") || bare.starts_with("test") {
        return Some("不像真实姓名".to_owned());
    }
    if ENDINGS.iter().any(|ending| bare.ends_with(ending)) && bare.chars().count() <= 4 || bare.contains('某') {
        return Some("不像完整的姓名".to_owned());
    }
    if is_several(name) {
        return Some("一个单元格中似有几个人的姓名".to_owned());
    }
    if let Some(c) = name.chars().find(|c| is_private(*c)) {
        return Some(format!("含有自造字（U+{:04X}），其他系统可能无法显示", u32::from(c)));
    }
    let mut chars = bare.chars();
    let alone = chars.next().is_some_and(|c| !c.is_ascii()) && chars.next().is_none();
    alone.then(|| "只有一个字".to_owned())
}

/// A comma parts people; an enumeration comma does where each side begins with a usual surname.
fn is_several(name: &str) -> bool {
    let han = |c: char| matches!(c, '\u{3400}'..='\u{9fff}');
    if name.contains([',', '，']) && name.chars().any(han) {
        return true;
    }
    let mut parts = name.split(['、', '﹑', '､', '。']).map(str::trim).filter(|part| !part.is_empty());
    let person = |part: &str| {
        (2..=4).contains(&part.chars().count()) && part.chars().next().is_some_and(|first| SURNAMES.contains(first))
    };
    parts.clone().count() > 1 && parts.all(person)
}

#[cfg(test)]
mod tests {
    use super::super::read_name;

    #[test]
    fn words_examples_and_several_people_are_doubted() {
        for name in [
            "无",
            "待定",
            "测试",
            "测试员甲",
            "test",
            "XXX",
            "张三,李四",
            "张三，李四",
            "王伟、李芳",
            "王先生",
            "张某某",
            "李四",
            "王",
            "N A",
        ] {
            assert!(read_name(name).unwrap().doubt().is_some(), "{name}");
        }
        let private = read_name("王\u{e123}").unwrap().doubt().unwrap();
        assert!(private.contains("U+E123"), "{private}");
    }

    #[test]
    fn names_are_not_doubted() {
        for name in [
            "王伟",
            "买买提、艾力",
            "欧阳娜娜",
            "阿里·买买提",
            "SMITH, John",
            "Xu Xixi",
            "无名",
            "陈\u{e863}",
            "石先生花",
        ] {
            assert_eq!(read_name(name).unwrap().doubt(), None, "{name}");
        }
    }
}
