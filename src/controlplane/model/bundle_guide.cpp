#include "controlplane/model/bundle_guide.h"

namespace kanmon::model {

namespace {

constexpr std::string_view english =
    R"(How to connect. The files hold a private key: give them to nobody and delete copies.

Windows (OpenVPN GUI, from openvpn.net): copy all files, or the one .ovpn, into
  C:\Users\YOU\OpenVPN\config, right-click the icon in the task bar, Connect.
macOS (Tunnelblick): put all files, or the one .ovpn, into a folder, double-click the .ovpn.
Linux: as root in the folder of the files: openvpn --config FILE.ovpn
Android, iOS (OpenVPN Connect): send the one .ovpn to the device, open it with OpenVPN Connect.
  It takes one file: ask for the format ovpn when you have several.
A .p12 file asks for its password, which was shown once when it was made. On phones import it first.
If the administrator changes the server, an older bundle may no longer connect: ask for a new one.
)";

constexpr std::string_view japanese =
    R"(接続方法。このファイルには秘密鍵が含まれます。他人に渡さず、取り込み後は写しを削除してください。

Windows (OpenVPN GUI、openvpn.net から入手): すべてのファイル (または .ovpn 1個) を
  C:\Users\ユーザー名\OpenVPN\config に置き、タスクバーのアイコンを右クリックして「接続」。
macOS (Tunnelblick): すべてのファイル (または .ovpn 1個) を1つのフォルダに置き、.ovpn をダブルクリック。
Linux: ファイルのあるフォルダで root として: openvpn --config FILE.ovpn
Android、iOS (OpenVPN Connect): .ovpn を端末に送り、OpenVPN Connect で開きます。
  1個のファイルだけを読み込みます。複数ある場合は管理者に ovpn 形式を依頼してください。
.p12 ファイルは作成時に一度だけ表示されたパスワードを求めます。スマートフォンでは先に取り込みます。
サーバーの設定が変わると古いファイルでは接続できないことがあります。新しいものを依頼してください。
)";

constexpr std::string_view chinese =
    R"(连接方法。文件中含有私钥:请勿交给他人,导入后请删除副本。

Windows (OpenVPN GUI,从 openvpn.net 下载):将所有文件(或单个 .ovpn)复制到
  C:\Users\用户名\OpenVPN\config,右键单击任务栏图标,选择“连接”。
macOS (Tunnelblick):将所有文件(或单个 .ovpn)放在同一文件夹,双击 .ovpn 并安装。
Linux:在文件所在的文件夹中以 root 运行:openvpn --config FILE.ovpn
Android、iOS (OpenVPN Connect):将单个 .ovpn 发送到设备,用 OpenVPN Connect 打开。
  它只读取一个文件:如果有多个文件,请向管理员索取 ovpn 格式。
.p12 文件需要密码,该密码仅在生成时显示一次。在手机上请先导入它。
服务器设置更改后,旧文件可能无法连接:请索取新的文件。
)";

}  // namespace

const std::array<Guide, 3> bundle_guides{
    {{"README.en.txt", english}, {"README.ja.txt", japanese}, {"README.zh-CN.txt", chinese}}};

std::string guide_comments() {
    std::string comments;
    for (const Guide& guide : bundle_guides) {
        for (std::string_view rest = guide.text; !rest.empty();) {
            const std::size_t end = rest.find('\n');
            comments += end == 0 ? "#" : "# ";
            comments += rest.substr(0, end + 1);
            rest.remove_prefix(end + 1);
        }
        comments += '\n';
    }
    return comments;
}

}  // namespace kanmon::model
