#include "controlplane/api/downloads.h"

#include <fmt/core.h>

#include "base/log.h"
#include "controlplane/api/request_id.h"

namespace kanmon::api {

namespace {

constexpr std::string_view page =
    R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>VPN</title>
<meta name="viewport" content="width=device-width"></head><body>
<h1>VPN</h1>
<p>This link works once. The file holds a private key: give it to nobody.</p>
<p lang="ja">このリンクは一度だけ使えます。ファイルには秘密鍵が含まれます。他人に渡さないでください。</p>
<p lang="zh-CN">此链接仅可使用一次。文件中含有私钥,请勿交给他人。</p>
<form method="post"><button>Download / ダウンロード / 下载</button></form>
</body></html>
)";

constexpr std::string_view nothing_here =
    R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>VPN</title></head><body>
<p>This link was used already, has ended or never was; ask for a new one.</p>
<p lang="ja">このリンクは使用済み、期限切れ、または無効です。新しいリンクを依頼してください。</p>
<p lang="zh-CN">此链接已被使用、已过期或无效。请索取新的链接。</p>
</body></html>
)";

/// Says nothing of the link, which was not looked at or could not be.
constexpr std::string_view not_now =
    R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>VPN</title></head><body>
<p>The download is not possible now. Try again later; if that fails, ask for a new link.</p>
<p lang="ja">現在ダウンロードできません。後でもう一度お試しください。それでもできない場合は、新しいリンクを依頼してください。</p>
<p lang="zh-CN">目前无法下载,请稍后再试。如果仍然失败,请索取新的链接。</p>
</body></html>
)";

constexpr std::chrono::seconds pause_while_away{10};  // of the store, which may come back any time

HttpResponse html(int status, std::string_view text) {
    HttpResponse response;
    response.status = status;
    response.body = text;
    response.content_type = "text/html;charset=utf-8";
    return response;
}

HttpResponse later(int status, Duration wait) {
    HttpResponse response = html(status, not_now);
    response.retry_after = std::chrono::ceil<std::chrono::milliseconds>(wait);
    return response;
}

HttpResponse refused(const model::Refusal& refusal) {
    const bool away = refusal.http_status >= 500;
    return away ? later(refusal.http_status, pause_while_away)
                : html(refusal.http_status, nothing_here);
}

std::string_view media_type_of(std::string_view file_name) {
    if (file_name.ends_with(".zip")) return "application/zip";
    if (file_name.ends_with(".p12")) return "application/x-pkcs12";
    return "application/x-openvpn-profile";
}

HttpResponse file(const usecases::PackedBundle& packed) {
    HttpResponse response;
    response.body = as_text(packed.content.view());
    response.content_type = media_type_of(packed.file_name);
    response.file_name = packed.file_name;
    return response;
}

}  // namespace

HttpResponse Downloads::redeem(const HttpRequest& request, UnixTime now, Instant boot) {
    const std::string request_id = make_request_id(random_);
    if (const auto wait = throttle_.wait_of(request.network, boot)) return later(429, *wait);
    model::Outcome<usecases::PackedBundle> packed =
        model::not_found("InvalidBundleLink.NotFound", "link", "");
    std::string link = "none";
    if (const auto ticket = model::parse_ticket(request.path.substr(bundle_path.size()))) {
        packed = plane_.bundle_links.redeem(*ticket, request_id, now);
        // Else it would work once more after a loss of power.
        if (packed)
            if (const auto settled = plane_.books.settle(); !settled)
                packed = unexpected(settled.error());
        if (packed) link = ticket->id.text;
    }
    throttle_.conclude(request.network, packed, boot);
    log_event(Severity::info, packed ? "bundle downloaded" : "bundle refused",
              {{"link", link},
               {"code", packed ? "OK" : packed.error().code},
               {"network", request.network},
               {"request_id", request_id}});
    return packed ? file(*packed) : refused(packed.error());
}

HttpResponse Downloads::answer(const HttpRequest& request, UnixTime now, Instant boot) {
    if (request.too_large || request.ambiguous) return html(400, nothing_here);
    if (request.method == "POST") return redeem(request, now, boot);
    if (request.method == "GET" || request.method == "HEAD") return html(200, page);
    return html(405, nothing_here);
}

}  // namespace kanmon::api
