"""The command line: what it prints, how it exits, what it loads."""

import subprocess
import sys

import pytest

from wearcast.cli import app


def wearcast(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["wearcast", *arguments])
    with pytest.raises(SystemExit) as ended:
        app.main()
    return ended.value.code


def test_an_error_of_ours_is_a_message_and_exit_code_1(project, monkeypatch, capsys):
    monkeypatch.chdir(project.root)
    assert wearcast(monkeypatch, "run-notebook", "trian") == 1
    assert capsys.readouterr().err.startswith("Error: there is no stage 'trian'")


def test_outside_a_project_every_command_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for command in (["run-notebook", "train"], ["set-remote", "s3://bucket"], ["verify-remote"]):
        assert wearcast(monkeypatch, *command) == 1
        assert "no params.yaml in" in capsys.readouterr().err


def test_run_notebook_runs_a_stage(project, monkeypatch):
    project.notebook("forecast", "open('ran', 'w').close()")
    monkeypatch.chdir(project.root)
    assert wearcast(monkeypatch, "run-notebook", "forecast") == 0
    assert (project.root / "ran").exists()


def test_a_failing_stage_ends_with_a_message_and_no_traceback(project):
    project.notebook("forecast", "1 / 0")
    command = [sys.executable, "-m", "wearcast", "run-notebook", "forecast"]
    done = subprocess.run(command, cwd=project.root, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "ZeroDivisionError: division by zero" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_remote_is_set_and_one_without_data_is_refused(project, monkeypatch, capsys):
    monkeypatch.chdir(project.root)
    subprocess.run([sys.executable, "-m", "dvc", "init", "--quiet", "--no-scm"], check=True)
    assert (
        wearcast(
            monkeypatch, "set-remote", "s3://bucket/weather", "--endpoint", "http://127.0.0.1:8333"
        )
        == 0
    )
    assert "DVC's default remote is now s3://bucket/weather" in capsys.readouterr().out
    assert wearcast(monkeypatch, "verify-remote") == 1
    assert "Run `dvc repro` and `dvc push` first" in capsys.readouterr().err
