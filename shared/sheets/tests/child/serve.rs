//! The reading child of the tests: what `rollcall read-sheets` is in the product.

fn main() {
    std::process::exit(sheets::child::serve_stdio());
}
