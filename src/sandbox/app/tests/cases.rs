//! The seed's table of parameters as requests: every parameter × {missing, wrong type, too long, boundary, unicode,
//! duplicate} × {form, JSON}, and which code each must be answered with.
//!
//! For whoever checks parameters: the sandbox and the client. Every code that is right is there once, since a code
//! is used up by its login.

use serde_json::Value;

/// A request without its signature.
pub(crate) struct Case {
    /// For the message of a failed test.
    pub(crate) what: String,
    json: bool,
    /// Names, and values as they stand in the body.
    fields: Vec<(&'static str, String)>,
    /// 200 where the parameters are all right.
    pub(crate) code: u32,
}

impl Case {
    pub(crate) fn media_type(&self) -> &'static str {
        if self.json { "application/json" } else { "application/x-www-form-urlencoded" }
    }

    /// The body, with these texts before its parameters.
    pub(crate) fn body(&self, more: &[(&'static str, &str)]) -> String {
        let more = more.iter().map(|(name, text)| (*name, written(self.json, text)));
        let fields = more.chain(self.fields.iter().cloned());
        if self.json {
            let members: Vec<String> = fields.map(|(name, value)| format!("\"{name}\":{value}")).collect();
            format!("{{{}}}", members.join(","))
        } else {
            let pairs: Vec<String> = fields.map(|(name, value)| format!("{name}={value}")).collect();
            pairs.join("&")
        }
    }
}

/// A parameter: its name, its codes for a missing value and for one of the wrong type.
struct Parameter {
    name: &'static str,
    missing: u32,
    mistyped: u32,
}

/// In the order in which they are checked. 200 where a missing one is all right.
const PARAMETERS: [Parameter; 6] = [
    Parameter { name: "code", missing: 400_104, mistyped: 400_105 },
    Parameter { name: "version_number", missing: 400_107, mistyped: 400_108 },
    Parameter { name: "channel", missing: 400_109, mistyped: 400_109 },
    Parameter { name: "oaid", missing: 200, mistyped: 400_113 },
    Parameter { name: "device_id", missing: 200, mistyped: 400_115 },
    Parameter { name: "need_user_detail", missing: 200, mistyped: 400_111 },
];

/// Every case.
pub(crate) fn cases() -> Vec<Case> {
    let mut table = Table { json: false, cases: Vec::new() };
    for json in [false, true] {
        table.json = json;
        for parameter in &PARAMETERS {
            table.any(parameter);
        }
        for (at, longest, too_long) in
            [(0, 128, 400_106), (2, 32, 400_110), (3, 128, 400_114), (4, 128, 400_116)]
        {
            table.text(&PARAMETERS[at], longest, too_long);
        }
        table.integers(
            &PARAMETERS[1],
            &["0", "-1", "12", "9223372036854775807", "-9223372036854775808"],
            200,
        );
        table.integers(&PARAMETERS[1], &["9223372036854775808", "99999999999999999999"], 400_108);
        table.integers(&PARAMETERS[5], &["0", "1"], 200);
        table.integers(&PARAMETERS[5], &["2", "-1", "9223372036854775807"], 400_112);
        table.integers(&PARAMETERS[5], &["9223372036854775808"], 400_111);
        table.no_integers(&PARAMETERS[1]);
        table.no_integers(&PARAMETERS[5]);
        table.pairs();
    }
    table.cases
}

struct Table {
    json: bool,
    cases: Vec<Case>,
}

impl Table {
    /// What holds for every parameter.
    fn any(&mut self, parameter: &Parameter) {
        let Parameter { name, missing, mistyped } = *parameter;
        self.set(name, "missing", &[], missing);
        self.set(name, "missing: empty", &[self.text_of("")], missing);
        let good = self.good(name);
        self.set(name, "duplicate", &[good.clone(), good.clone()], mistyped);
        self.set(name, "duplicate: the second empty", &[good, self.text_of("")], mistyped);
        if self.json {
            self.set(name, "missing: null", &["null".to_owned()], missing);
            for value in ["1.5", "1.0", "true", "[]", "[1]", "[\"x\"]", "{}", "{\"x\":1}"] {
                self.set(name, "wrong type", &[value.to_owned()], mistyped);
            }
        } else {
            for value in ["%FF", "a%E7%95", "%EF%BF%BD"] {
                self.set(name, "wrong type: no UTF-8", &[value.to_owned()], mistyped);
            }
        }
    }

    fn text(&mut self, parameter: &Parameter, longest: usize, too_long: u32) {
        let Parameter { name, mistyped, .. } = *parameter;
        // Different letters, so that no code comes twice.
        let letters = if self.json { ["a", "界", "😀"] } else { ["b", "汉", "🎉"] };
        for (letter, what) in letters.iter().zip(["ASCII", "unicode", "unicode beyond 16 bits"]) {
            for (length, code) in [(1, 200), (longest - 1, 200), (longest, 200), (longest + 1, too_long)] {
                let value = self.text_of(&letter.repeat(length));
                self.set(name, &format!("boundary: {length} characters, {what}"), &[value], code);
            }
        }
        self.set(name, "too long", &[self.text_of(&letters[0].repeat(5000))], too_long);
        let special = format!("{} +&=%25;\"\\/\n\t\u{e9}", letters[0]);
        self.set(name, "characters that have to be escaped", &[self.text_of(&special)], 200);
        if self.json {
            self.set(name, "unicode: U+FFFD", &["\"\\ufffd\"".to_owned()], 200);
            for value in ["7", "-7"] {
                self.set(name, "wrong type: a number", &[value.to_owned()], mistyped);
            }
        }
    }

    fn integers(&mut self, parameter: &Parameter, values: &[&str], code: u32) {
        for value in values {
            self.set(parameter.name, &format!("boundary: {value}"), &[(*value).to_owned()], code);
        }
    }

    fn no_integers(&mut self, parameter: &Parameter) {
        let digits = self.json.then_some("1");
        let texts = ["abc", "1.5", "1e0", "0x1", "+1", " 1", "1 ", "01", "-0", "１", "true", "界"];
        for text in texts.into_iter().chain(digits) {
            self.set(parameter.name, "wrong type: a text", &[self.text_of(text)], parameter.mistyped);
        }
    }

    /// Of two failures the first one in the documented order wins.
    fn pairs(&mut self) {
        for (at, first) in PARAMETERS.iter().enumerate() {
            for second in &PARAMETERS[at + 1..] {
                let mut fields = self.all_good();
                // Twice is wrong for every parameter; the later one comes first in the body.
                fields.push((second.name, self.good(second.name)));
                fields.push((first.name, self.good(first.name)));
                let what = format!("{} before {}", first.name, second.name);
                self.push(&what, fields, first.mistyped);
            }
        }
    }

    /// A request in which this parameter has these values.
    fn set(&mut self, name: &'static str, what: &str, values: &[String], code: u32) {
        let mut fields = self.all_good();
        fields.retain(|(known, _)| *known != name);
        fields.extend(values.iter().map(|value| (name, value.clone())));
        self.push(&format!("{name}, {what}"), fields, code);
    }

    fn push(&mut self, what: &str, fields: Vec<(&'static str, String)>, code: u32) {
        let encoding = if self.json { "JSON" } else { "form" };
        self.cases.push(Case { what: format!("{what} ({encoding})"), json: self.json, fields, code });
    }

    fn all_good(&self) -> Vec<(&'static str, String)> {
        PARAMETERS.iter().map(|parameter| (parameter.name, self.good(parameter.name))).collect()
    }

    fn good(&self, name: &str) -> String {
        match name {
            "code" => self.text_of(&format!("case{}-{}", self.cases.len(), self.json)),
            "version_number" => "12".to_owned(),
            "need_user_detail" => "0".to_owned(),
            _ => self.text_of("vivo"),
        }
    }

    fn text_of(&self, text: &str) -> String {
        written(self.json, text)
    }
}

/// A text as it stands in a body.
fn written(json: bool, text: &str) -> String {
    if json {
        Value::from(text).to_string()
    } else {
        form_urlencoded::byte_serialize(text.as_bytes()).collect()
    }
}
