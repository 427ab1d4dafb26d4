//! The contract of a layer, as tests of any of them.
pub mod faults;
pub mod log;
pub mod presence;
pub mod texts;

/// A topic of its own for each test, whatever was left on the server.
pub fn topic(name: &str) -> String {
    format!("{name}:{}", quintet_realtime::layer::ConnectionId::random().unwrap())
}

/// Tests of what `$place`, whose nodes have a server, gives when that is away.
macro_rules! suite_of_faults {
    ($place:path) => {
        crate::suite::suite!(@ $place, faults:
            what_was_missed_is_told_afterwards,
            what_is_not_kept_any_more_is_a_gap,
            a_server_that_is_silent_is_away,
            it_starts_without_its_server,
            it_is_lost_again_and_again);
    };
}
pub(crate) use suite_of_faults;

/// Tests of what `$place` gives, or none where it has no server.
macro_rules! suite {
    ($place:path) => {
        crate::suite::suite!(@ $place, log:
            offsets_have_no_holes_whoever_appends,
            appending_answers_with_the_position_that_is_heard,
            what_came_after_a_position_is_told,
            no_more_is_kept_than_so_many,
            no_longer_is_kept_than_so_long,
            a_position_of_another_log_is_a_gap,
            very_much_comes_in_parts,
            who_listens_hears_what_comes_after,
            who_forgets_hears_nothing,
            a_later_listening_holds,
            what_is_passed_is_not_kept,
            who_does_not_hear_it_is_carried_over,
            a_log_that_keeps_nothing_still_tells);
        crate::suite::suite!(@ $place, presence:
            who_enters_and_leaves_is_told_to_all,
            who_is_here_comes_in_the_order_of_coming,
            who_does_not_listen_hears_nothing,
            a_node_that_stops_takes_its_own_along,
            a_node_that_vanishes_takes_its_own_along,
            many_come_and_go_at_once);
        crate::suite::suite!(@ $place, texts:
            data_is_carried_byte_for_byte,
            topics_may_be_called_anything,
            a_topic_that_can_t_be_named_is_refused);
    };
    (@ $place:path, $of:ident: $($name:ident),* $(,)?) => {
        mod $of {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    if let Some(place) = $place().await {
                        crate::suite::$of::$name(&place).await;
                    }
                }
            )*
        }
    };
}
pub(crate) use suite;
