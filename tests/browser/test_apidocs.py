"""The description of the interface, shown by Swagger UI from our own files, under a policy only a little wider."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.watched import overflow


def test_the_interface_is_described_without_asking_anybody_else(open_page, address):
    page = open_page(f"{address}/api/docs")
    expect(page.locator("#api-docs[data-ready]")).to_be_visible()
    expect(page.get_by_text("/health")).to_be_visible()
    page.get_by_text("/health").click()
    expect(page.get_by_text("OK").first).to_be_visible()
    assert overflow(page) == 0
    assert page.locator("h1").count() == 1


def test_without_scripts_there_is_the_document_itself(open_page, address):
    page = open_page(f"{address}/api/docs", scripts=False)
    link = page.get_by_role("link", name="OpenAPI")
    assert link.get_attribute("href") == "/api/v1/openapi.json"
