use std::pin::Pin;

/// A boxed future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Makes a future on the heap, for work that may come to be inside of work of its own kind, again and again: whoever waits for it has a
/// pointer on the stack and not the whole of it. It is made in here since an unoptimised `Box::pin(work())` keeps room for a copy in
/// the function that says so.
#[inline(never)]
pub fn on_heap<'a, F: Future + Send + 'a>(make: impl FnOnce() -> F) -> BoxFuture<'a, F::Output> {
    Box::pin(make())
}
