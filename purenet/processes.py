"""Work divided among processes of the standard library: the same result for any number of them."""

from __future__ import annotations

import pickle
import signal
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from .checks import shown

Task = TypeVar("Task")
Result = TypeVar("Result")


def in_processes(
    function: Callable[[Task], Result], tasks: Sequence[Task], jobs: int
) -> list[Result]:
    """Return what a function makes of each task, in their order.

    function: of a module, so that another process finds it.
    jobs: how many processes may compute; 1 computes here, as does a process that may start none.

    The first task that fails decides what is raised, however many processes there are; the others
    are ended then, and at Ctrl-C.  Raises ChildProcessError if a process ends without an answer.
    """
    if jobs == 1 or len(tasks) < 2:
        return [function(task) for task in tasks]
    import multiprocessing  # which a Python in a browser lacks

    if multiprocessing.current_process().daemon:
        return [function(task) for task in tasks]
    workers: list[_Worker] = []
    try:
        for _ in range(min(jobs, len(tasks))):
            workers.append(_Worker())
        return _results(function, tasks, workers)
    finally:
        for worker in workers:
            worker.end()


def check_can_travel(value: Any, name: str) -> None:
    """Raise TypeError that names an argument if its value cannot be sent to another process."""
    try:
        pickle.dumps(value)
    except Exception as error:
        raise TypeError(
            f"{name}: found {shown(value)}, which cannot be sent to another process "
            f"({type(error).__name__}), expected a function or class of a module, or jobs=1"
        ) from None


def _results(
    function: Callable[[Task], Result], tasks: Sequence[Task], workers: Sequence[_Worker]
) -> list[Result]:
    from multiprocessing.connection import wait

    answers: dict[int, tuple[bool, Any]] = {}
    waiting = list(range(len(tasks)))
    at_work: dict[Any, tuple[_Worker, int]] = {}
    idle = list(workers)
    while waiting or at_work:
        while waiting and idle:
            worker, number = idle.pop(), waiting.pop(0)
            worker.begin(pickle.dumps((function, tasks[number])))
            at_work[worker.connection] = worker, number
        for connection in wait(list(at_work)):
            worker, number = at_work.pop(connection)
            answers[number] = right, _ = worker.answer()
            idle.append(worker)
            if not right:
                # Those before it are at work or done; one of them may fail as well, and is first.
                waiting = []
    for number in sorted(answers):
        right, answer = answers[number]
        if not right:
            raise answer
    return [answers[number][1] for number in range(len(tasks))]


class _Worker:
    """A process that computes one task after another."""

    def __init__(self) -> None:
        import multiprocessing

        self.connection, other = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=_work, args=(other,), daemon=True)
        self.process.start()
        other.close()

    def begin(self, message: bytes) -> None:
        try:
            self.connection.send_bytes(message)
        except OSError:  # it has ended; answer says so
            pass

    def answer(self) -> tuple[bool, Any]:
        """Return whether the task succeeded, and its result or what it raised."""
        try:
            right, answer = self.connection.recv()
        except (EOFError, OSError):
            self.process.join()
            return False, ChildProcessError(
                f"a process that computed ended without an answer (exit code "
                f"{self.process.exitcode}); a script that uses several calls what it does under "
                f"if __name__ == '__main__':"
            )
        return right, answer

    def end(self) -> None:
        self.process.terminate()
        self.process.join()
        self.connection.close()


def _work(connection: Any) -> None:
    """Compute tasks until there are no more, or nobody is left to answer to."""
    from multiprocessing import parent_process
    from multiprocessing.connection import wait

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the first process's affair
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = parent_process()
    assert parent is not None
    while connection in wait([connection, parent.sentinel]):
        try:
            message = connection.recv_bytes()
        except EOFError:
            return
        try:
            function, task = pickle.loads(message)
            answer = True, function(task)
        except Exception as error:
            answer = False, error
        connection.send_bytes(_answer_message(answer))


def _answer_message(answer: tuple[bool, Any]) -> bytes:
    try:
        message = pickle.dumps(answer)
        pickle.loads(message)  # some exceptions cannot be made again
    except Exception:
        message = pickle.dumps((False, RuntimeError(f"found {shown(answer[1])}")))
    return message
