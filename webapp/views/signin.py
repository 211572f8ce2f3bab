"""Signing in and out."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp import identity
from webapp.guards import public, signed_in
from webapp.htmx import see_other

bp = Blueprint("signin", __name__)


@bp.get("/")
@public
def home() -> ResponseReturnValue:
    """Lead to Today, and from there to the sign-in where it is needed."""
    return redirect("/today", 303)


@bp.get("/signin")
@public
def show() -> ResponseReturnValue:
    """Ask for the address."""
    return render_template("pages/signin/index.html")


@bp.post("/signout")
@signed_in
def sign_out() -> ResponseReturnValue:
    """Sign this browser out."""
    identity.sign_out()
    return see_other(url_for("signin.show"))
