//! What programs may rely on: the documents of `--json`, field by field. Fields may be added; these stay.

use serde_json::{Value, json};
use support::people::People;
use support::workbook::Table;

use super::place::{Place, UNION};

on_both_engines!(the_documents_have_the_fields_that_programs_rely_on);

/// Complains of every field of `promised` that `document` lacks or has as another type. A promised array has one element,
/// which stands for all; a promised text of several words separated by `|` stands for one of them.
fn lacks(document: &Value, promised: &Value, path: &str, complaints: &mut Vec<String>) {
    let fits = match promised {
        Value::Object(fields) => {
            for (key, promise) in fields {
                lacks(&document[key], promise, &format!("{path}.{key}"), complaints);
            }
            document.is_object()
        }
        Value::Array(promised) => {
            for (place, element) in document.as_array().into_iter().flatten().enumerate() {
                lacks(element, &promised[0], &format!("{path}[{place}]"), complaints);
            }
            document.as_array().is_some_and(|all| !all.is_empty())
        }
        Value::String(words) if words.contains('|') => {
            document.as_str().is_some_and(|own| words.split('|').any(|word| word == own))
        }
        Value::String(_) => document.is_string(),
        Value::Number(_) => document.is_u64(),
        Value::Bool(_) => document.is_boolean(),
        // Promised to be there, and may be null.
        Value::Null => true,
    };
    if !fits {
        complaints.push(format!("{path}: {document} is not as {promised}"));
    }
}

fn holds(document: &Value, promised: &Value) {
    let mut complaints = Vec::new();
    lacks(document, promised, "", &mut complaints);
    assert!(complaints.is_empty(), "{}\n{document:#}", complaints.join("\n"));
}

fn an_upload() -> Value {
    json!({
        "id": "id", "kind": "members|roster|organizations|registry", "org": "code",
        "status": "received|running|done|held|rejected|failed", "reason": null,
        "counts": {"read": 0, "accepted": 0, "unchanged": 0, "rejected": 0, "duplicate": 0, "transfers": 0},
        "findings": [{"code": "", "severity": "error|warning", "sheet": "", "row": 0, "column": "", "message": ""}],
        "finding_counts": {"phone-format": 0},
    })
}

async fn the_documents_have_the_fields_that_programs_rely_on(place: Place) {
    let _worker = place.ready().await;
    let mut table = Table::members("测试一厂工会", UNION, &People::seeded(60).take(3));
    table.set(1, "手机号码", "1");
    let waited = place.upload("members.xlsx", &table.xlsx(), UNION).await.success().json();
    holds(&waited, &an_upload());
    let id = waited["id"].as_str().unwrap();
    assert_eq!(place.at.json(&["upload", "show", id]).await, waited);
    let listed = place.at.json(&["upload", "list"]).await;
    assert!(listed.as_array().unwrap().iter().any(|upload| upload["id"] == id));

    let path = place.at.folder().join("members.xlsx");
    let checked = place.at.json(&["check", "members", path.to_str().unwrap()]).await;
    let mut promised = an_upload();
    for field in ["id", "org"] {
        let _ = promised.as_object_mut().unwrap().remove(field);
    }
    holds(&checked, &promised);
    assert_eq!(checked["findings"], waited["findings"], "offline the same is found");
    assert!(checked.get("id").is_none());

    let rejected = place.upload("bad.xlsx", b"no table", UNION).await.code(1).json();
    holds(
        &rejected,
        &json!({"id": "", "status": "rejected|", "reason": {"code": "", "message": ""}, "counts": {"read": 0}}),
    );

    let queues = place.at.json(&["queue", "list"]).await;
    holds(&queues, &json!([{"queue": "", "ready": 0, "running": 0, "waiting": 0, "dead": 0, "oldest_s": 0}]));
    let names: Vec<_> = queues.as_array().unwrap().iter().map(|queue| queue["queue"].as_str().unwrap()).collect();
    assert_eq!(names, ["uploads", "uploads-large", "comparisons", "enrollments", "notices", "mails", "deadlines"]);
    let mails = place.at.json(&["mail", "list"]).await;
    holds(&mails, &json!([{"id": "", "to": "", "subject": "", "status": "sent|", "attempts": 0}]));
    let error = place.at.run(&["org", "show", "1", "--json"]).await.code(1).json();
    holds(&error, &json!({"error": {"code": "", "message": "", "hint": ""}}));
    let members = place.at.json(&["member", "list", "--org", UNION]).await;
    holds(&members, &json!([{"member_no": "", "name": "", "id_masked": "", "phone_masked": "", "org": ""}]));
    let doctor = place.at.json(&["doctor"]).await;
    holds(&doctor, &json!([{"what": "", "ok": true, "found": "", "remedy": ""}]));
    let audit = place.at.json(&["audit"]).await;
    holds(&audit, &json!([{"at": "", "account": "", "act": "", "outcome": ""}]));
    let config = place.at.json(&["config"]).await;
    holds(&config, &json!([{"key": "", "value": "", "source": ""}]));
    holds(&place.at.json(&["drain", "--until-idle"]).await, &json!({"waiting": 0, "dead": 0}));
    holds(&place.at.json(&["probe", "--count", "20"]).await, &json!({"messages": 0, "took_ms": 0}));
    let asyncapi = place.at.json(&["asyncapi"]).await;
    assert_eq!(asyncapi["asyncapi"], "3.0.0");
}
