//! Closed lists of words, each with its wire name and, where clerks see it, its Chinese one.

/// Makes an enum of words: `ALL`, `name`, `parse`, serde by wire name, and `name_zh` where Chinese words are given.
macro_rules! named {
    ($(#[$meta:meta])* $enum:ident { $($(#[$doc:meta])* $variant:ident $name:literal $zh:literal,)* }) => {
        $crate::named::named! { $(#[$meta])* $enum { $($(#[$doc])* $variant $name,)* } }

        impl $enum {
            /// What clerks read.
            #[must_use]
            pub fn name_zh(self) -> &'static str {
                match self { $(Self::$variant => $zh,)* }
            }
        }
    };
    ($(#[$meta:meta])* $enum:ident { $($(#[$doc:meta])* $variant:ident $name:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize)]
        pub enum $enum { $($(#[$doc])* #[serde(rename = $name)] $variant,)* }

        impl $enum {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The wire name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The one of a wire name.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }

        impl ::std::fmt::Display for $enum {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

pub(crate) use named;

#[cfg(test)]
mod tests {
    named! {
        /// Two words.
        Word {
            /// The first.
            First "first" "一",
            /// The second.
            SecondOne "second_one" "二",
        }
    }

    #[test]
    fn wire_names_come_back() {
        for word in Word::ALL {
            assert_eq!(Word::parse(word.name()), Some(*word));
            assert_eq!(serde_json::to_value(word).unwrap(), word.name());
            assert_eq!(word.to_string(), word.name());
            assert_eq!(serde_json::from_value::<Word>(word.name().into()).unwrap(), *word);
        }
        assert_eq!((Word::parse("third"), Word::SecondOne.name_zh()), (None, "二"));
    }
}
