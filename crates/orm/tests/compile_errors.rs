//! What the compiler says to the mistakes of newcomers. After a change that is meant:
//! `TRYBUILD=overwrite cargo test -p quintet-orm --test compile_errors`.

#[test]
fn mistakes_are_named() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
